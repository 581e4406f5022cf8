/**
 * Text for training: token shards in files, how they are made and read, and the batches that
 * training draws from them.
 */
@NullMarked
package gpt2j.model.gpt2.data;

import org.jspecify.annotations.NullMarked;
