/** The kernels of a device, how they are launched, and what all who launch them share. */
@NullMarked
package gpt2j.backend.cuda.launch;

import org.jspecify.annotations.NullMarked;
