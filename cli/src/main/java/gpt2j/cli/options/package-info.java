/** Options that several commands have, and the values that they take. */
@NullMarked
package gpt2j.cli.options;

import org.jspecify.annotations.NullMarked;
