/** Memory of the device and of the host, and what lies in it: tensors, weights, caches. */
@NullMarked
package gpt2j.backend.cuda.memory;

import org.jspecify.annotations.NullMarked;
