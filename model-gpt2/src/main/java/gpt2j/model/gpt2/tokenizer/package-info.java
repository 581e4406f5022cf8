/** GPT-2's byte-level BPE. */
@NullMarked
package gpt2j.model.gpt2.tokenizer;

import org.jspecify.annotations.NullMarked;
