/** The safetensors file format. */
@NullMarked
package gpt2j.model.gpt2.safetensors;

import org.jspecify.annotations.NullMarked;
