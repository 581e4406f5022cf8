/** Copies of checkpoints in other formats and types, and what they lose. */
@NullMarked
package gpt2j.model.gpt2.convert;

import org.jspecify.annotations.NullMarked;
