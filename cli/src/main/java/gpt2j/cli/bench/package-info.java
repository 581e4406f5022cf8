/** The commands below {@code bench}: their options, and what they tell while they measure. */
@NullMarked
package gpt2j.cli.bench;

import org.jspecify.annotations.NullMarked;
