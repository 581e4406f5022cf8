/** Products of many rows and of plain matrices: own kernels, cuBLAS, and the choice of one. */
@NullMarked
package gpt2j.backend.cuda.gemm;

import org.jspecify.annotations.NullMarked;
