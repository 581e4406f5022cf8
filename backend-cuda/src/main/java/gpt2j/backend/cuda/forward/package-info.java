/**
 * What a forward pass is made of: the weights as kernels read them, norms, products, attention, the
 * draw of a token, and what makes one kernel of two operations.
 */
@NullMarked
package gpt2j.backend.cuda.forward;

import org.jspecify.annotations.NullMarked;
