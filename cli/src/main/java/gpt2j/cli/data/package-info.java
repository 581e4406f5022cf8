/**
 * The commands that make texts, tokens and checkpoints: {@code stories}, {@code prepare}, {@code
 * baseline}, {@code init}, {@code convert}.
 */
@NullMarked
package gpt2j.cli.data;

import org.jspecify.annotations.NullMarked;
