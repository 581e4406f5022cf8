/** The hyperparameters of a GPT-2, and those of the sizes that were published. */
@NullMarked
package gpt2j.model.gpt2.config;

import org.jspecify.annotations.NullMarked;
