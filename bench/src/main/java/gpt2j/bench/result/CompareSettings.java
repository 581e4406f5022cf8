package gpt2j.bench.result;

import org.jspecify.annotations.Nullable;

/**
 * What is compared.
 *
 * @param labelA name of the first side: a file, or what sets it apart, as {@code backend=cpu}
 * @param labelB name of the second side
 * @param interleaved whether both sides were measured here in turn; if not, they come from files
 * @param grid what was measured, for both sides but for what sets them apart; null from files
 * @param vs what the second side has instead, as {@code backend=cuda}; null from files
 */
public record CompareSettings(
    String labelA,
    String labelB,
    boolean interleaved,
    @Nullable GridSettings grid,
    @Nullable String vs) {}
