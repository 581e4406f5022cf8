/** Training runs: the loop around a training model, its metrics, checkpoints and resumption. */
@NullMarked
package gpt2j.model.gpt2.training.run;

import org.jspecify.annotations.NullMarked;
