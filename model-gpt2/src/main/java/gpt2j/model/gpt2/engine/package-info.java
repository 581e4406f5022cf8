/** Many requests at once: one thread that admits them, and draws for all of them in one batch. */
@NullMarked
package gpt2j.model.gpt2.engine;

import org.jspecify.annotations.NullMarked;
