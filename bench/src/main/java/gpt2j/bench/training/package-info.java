/** Pictures of training runs. */
@NullMarked
package gpt2j.bench.training;

import org.jspecify.annotations.NullMarked;
