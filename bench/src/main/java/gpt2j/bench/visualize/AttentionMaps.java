package gpt2j.bench.visualize;

import java.util.List;

/**
 * What every head of every layer attends to in a text.
 *
 * @param tokens the text
 * @param left how many tokens more the text had than are shown
 * @param probabilities {@code [layers][heads][queries][keys]}; keys after the query's position are
 *     0
 */
record AttentionMaps(List<KvTrace.Token> tokens, int left, float[][][][] probabilities) {
  int layers() {
    return probabilities.length;
  }

  int heads() {
    return probabilities[0].length;
  }
}
