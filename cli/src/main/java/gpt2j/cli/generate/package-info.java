/** The commands that use a model: {@code generate}, {@code score}, {@code tokenize}. */
@NullMarked
package gpt2j.cli.generate;

import org.jspecify.annotations.NullMarked;
