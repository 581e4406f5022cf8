package gpt2j.bench.visualize;

import java.util.List;

/**
 * What every head of every layer attends to in a text.
 *
 * @param tokens the text, or the end of it
 * @param left how many tokens of the text are before those
 * @param prompt how many of the tokens are the prompt's; the others were generated
 * @param probabilities {@code [layers][heads][queries][keys]}; keys after the query's position are
 *     0
 */
record AttentionMaps(
    List<KvTrace.Token> tokens, int left, int prompt, float[][][][] probabilities) {
  int layers() {
    return probabilities.length;
  }

  int heads() {
    return probabilities[0].length;
  }
}
