/** GGUF, the file format of llama.cpp, as far as GPT-2 needs it. */
@NullMarked
package gpt2j.model.gpt2.gguf;

import org.jspecify.annotations.NullMarked;
