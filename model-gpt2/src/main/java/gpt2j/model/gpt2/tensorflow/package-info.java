/** TensorFlow's checkpoints, in which OpenAI published GPT-2. */
@NullMarked
package gpt2j.model.gpt2.tensorflow;

import org.jspecify.annotations.NullMarked;
