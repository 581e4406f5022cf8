/**
 * Loops over vectors. The compiler keeps each method apart, by one flag for the whole package:
 * several in one method are more than it inlines, and what it leaves out makes an object of each
 * vector. So a method that takes or returns vectors doesn't belong here, but in {@code simd}.
 */
@NullMarked
package gpt2j.backend.cpu.kernel;

import org.jspecify.annotations.NullMarked;
