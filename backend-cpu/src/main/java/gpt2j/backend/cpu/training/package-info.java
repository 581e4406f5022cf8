/** The operations of training. */
@NullMarked
package gpt2j.backend.cpu.training;

import org.jspecify.annotations.NullMarked;
