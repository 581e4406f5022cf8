/** The forward pass with a cache, and the memory that it takes. */
@NullMarked
package gpt2j.model.gpt2.inference;

import org.jspecify.annotations.NullMarked;
