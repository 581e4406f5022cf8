/** Recorded steps: how they are captured, run and measured, and the queue of their tokens. */
@NullMarked
package gpt2j.backend.cuda.step;

import org.jspecify.annotations.NullMarked;
