/** Texts become token shards: read, split into training and validation, encoded. */
@NullMarked
package gpt2j.model.gpt2.data.prepare;

import org.jspecify.annotations.NullMarked;
