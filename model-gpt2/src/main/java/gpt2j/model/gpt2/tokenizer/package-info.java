/**
 * GPT-2's tokenizer: byte pair encoding over bytes (Radford et al. 2019, <em>Language Models are
 * Unsupervised Multitask Learners</em>, section 2.2), after Sennrich et al. 2016, <em>Neural
 * Machine Translation of Rare Words with Subword Units</em>.
 *
 * <p>A text is cut into words, runs of digits, of punctuation and of white space; the UTF-8 bytes
 * of each piece are then merged, pair by pair, in the order in which training found the pairs.
 * Every byte is a token of its own, so that every text has an encoding and decoding loses nothing.
 */
@NullMarked
package gpt2j.model.gpt2.tokenizer;

import org.jspecify.annotations.NullMarked;
