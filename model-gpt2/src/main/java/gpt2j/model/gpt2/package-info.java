/** The model: forward pass, sessions with a KV cache, generation. */
@NullMarked
package gpt2j.model.gpt2;

import org.jspecify.annotations.NullMarked;
