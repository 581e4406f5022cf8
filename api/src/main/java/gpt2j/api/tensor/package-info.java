/** Tensors, and what their elements are and how they lie in memory. */
@NullMarked
package gpt2j.api.tensor;

import org.jspecify.annotations.NullMarked;
