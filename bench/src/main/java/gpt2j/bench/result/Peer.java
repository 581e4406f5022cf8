package gpt2j.bench.result;

import org.jspecify.annotations.Nullable;

/**
 * A program that was to be measured.
 *
 * @param name as tables show it: {@code gpt2j}, {@code transformers}, {@code nanoGPT}, {@code
 *     llama.cpp}, {@code Jlama}
 * @param version its version and what it runs on; null when absent
 * @param absent why it wasn't measured, in one line; null when it was
 */
public record Peer(String name, @Nullable String version, @Nullable String absent) {}
