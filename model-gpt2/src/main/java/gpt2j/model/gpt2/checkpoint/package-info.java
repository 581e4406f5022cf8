/** Hugging Face checkpoints of GPT-2. */
@NullMarked
package gpt2j.model.gpt2.checkpoint;

import org.jspecify.annotations.NullMarked;
