/**
 * Text for training: token shards in files, the batches that training draws from them, and what a
 * Markov chain makes of them.
 */
@NullMarked
package gpt2j.model.gpt2.data;

import org.jspecify.annotations.NullMarked;
