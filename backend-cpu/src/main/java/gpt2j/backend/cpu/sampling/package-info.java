/** Drawing tokens. */
@NullMarked
package gpt2j.backend.cpu.sampling;

import org.jspecify.annotations.NullMarked;
