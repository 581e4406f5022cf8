/**
 * Vectors in registers and how they come from memory. The compiler puts these methods into the
 * kernels that call them.
 */
@NullMarked
package gpt2j.backend.cpu.simd;

import org.jspecify.annotations.NullMarked;
