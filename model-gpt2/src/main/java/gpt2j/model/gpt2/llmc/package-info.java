/** The checkpoints of llm.c. */
@NullMarked
package gpt2j.model.gpt2.llmc;

import org.jspecify.annotations.NullMarked;
