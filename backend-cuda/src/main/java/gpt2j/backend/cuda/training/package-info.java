/** The operations of training. */
@NullMarked
package gpt2j.backend.cuda.training;

import org.jspecify.annotations.NullMarked;
