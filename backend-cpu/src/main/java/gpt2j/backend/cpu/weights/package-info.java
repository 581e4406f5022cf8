/** Matrices and tables of weights as they lie in memory, and the products with them. */
@NullMarked
package gpt2j.backend.cpu.weights;

import org.jspecify.annotations.NullMarked;
