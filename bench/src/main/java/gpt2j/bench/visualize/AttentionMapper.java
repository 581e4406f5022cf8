package gpt2j.bench.visualize;

import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.Arrays;
import java.util.List;

/** Evaluates a text and keeps what every head attends to. */
final class AttentionMapper {
  /** More tokens would make pictures that nobody can look at. */
  static final int MOST_TOKENS = 256;

  private AttentionMapper() {}

  /**
   * The maps of a text's first tokens.
   *
   * @param backend the model's
   */
  static AttentionMaps map(Gpt2 model, ObservedBackend backend, int... tokens) {
    int[] shown = Arrays.copyOf(tokens, Math.min(tokens.length, MOST_TOKENS));
    int layers = model.config().layers();
    float[][][][] maps = new float[layers][model.config().heads()][shown.length][];
    backend.observe(
        ObservedOperations.ALL_LAYERS, attention -> keep(attention, shown.length, maps));
    try (Session session = model.session(SessionOptions.defaults().withCapacity(shown.length))) {
      session.prefill(0, shown);
    } finally {
      backend.endObservation();
    }
    TokenLabels labels = new TokenLabels(model.tokenizer());
    List<KvTrace.Token> texts = Arrays.stream(shown).mapToObj(labels::of).toList();
    return new AttentionMaps(texts, tokens.length - shown.length, maps);
  }

  private static void keep(Attention attention, int length, float[][][][] maps) {
    int[] positions = attention.positions();
    for (int row = 0; row < positions.length; row++) {
      float[][] heads = attention.probabilities(row, length);
      for (int head = 0; head < heads.length; head++) {
        maps[attention.layer()][head][positions[row]] = heads[head];
      }
    }
  }
}
