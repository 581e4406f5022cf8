/** The command {@code train}: its options, its settings file, what it tells. */
@NullMarked
package gpt2j.cli.train;

import org.jspecify.annotations.NullMarked;
