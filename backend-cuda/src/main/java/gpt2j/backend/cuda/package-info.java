/** The CUDA backend and its Dagger module. */
@NullMarked
package gpt2j.backend.cuda;

import org.jspecify.annotations.NullMarked;
