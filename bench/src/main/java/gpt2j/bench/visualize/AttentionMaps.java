package gpt2j.bench.visualize;

import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.Arrays;
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
  /** More tokens would make pictures that nobody can look at. */
  static final int MOST_TOKENS = 256;

  /**
   * The maps of a text's last tokens.
   *
   * @param backend the model's
   * @param prompt how many of the tokens are the prompt's; the others were generated
   */
  static AttentionMaps of(Gpt2 model, ObservedBackend backend, int prompt, int... tokens) {
    int shown = Math.min(tokens.length, MOST_TOKENS);
    int left = tokens.length - shown;
    int layers = model.config().layers();
    float[][][][] maps = new float[layers][model.config().heads()][shown][];
    backend.observe(
        ObservedOperations.ALL_LAYERS, attention -> keep(attention, left, tokens.length, maps));
    try (Session session = model.session(SessionOptions.defaults().withCapacity(tokens.length))) {
      session.prefill(0, tokens);
    } finally {
      backend.endObservation();
    }
    TokenLabels labels = new TokenLabels(model.tokenizer());
    List<KvTrace.Token> texts = Arrays.stream(tokens).skip(left).mapToObj(labels::of).toList();
    return new AttentionMaps(texts, left, Math.max(0, prompt - left), maps);
  }

  private static void keep(ObservedAttention attention, int left, int length, float[][][][] maps) {
    int[] positions = attention.positions();
    for (int row = 0; row < positions.length; row++) {
      if (positions[row] >= left) {
        float[][] heads = attention.probabilities(row, length);
        for (int head = 0; head < heads.length; head++) {
          maps[attention.layer()][head][positions[row] - left] =
              Arrays.copyOfRange(heads[head], left, length);
        }
      }
    }
  }

  int layers() {
    return probabilities.length;
  }

  int heads() {
    return probabilities[0].length;
  }
}
