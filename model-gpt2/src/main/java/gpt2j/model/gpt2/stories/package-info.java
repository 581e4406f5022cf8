/** Makes up stories to train small models on. */
@NullMarked
package gpt2j.model.gpt2.stories;

import org.jspecify.annotations.NullMarked;
