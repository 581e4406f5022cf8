package gpt2j.bench.visualize;

import gpt2j.model.gpt2.Activation;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Probes;
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
   * @param prompt how many of the tokens are the prompt's; the others were generated
   */
  static AttentionMaps of(Gpt2 model, int prompt, int... tokens) {
    int shown = Math.min(tokens.length, MOST_TOKENS);
    int left = tokens.length - shown;
    int layers = model.config().layers();
    float[][][][] maps = new float[layers][model.config().heads()][shown][];
    Probes probes = Probes.none();
    for (int layer = 0; layer < layers; layer++) {
      float[][][] map = maps[layer];
      probes =
          probes.watch(
              "blocks.%d.attn.hook_pattern".formatted(layer), chunk -> keep(chunk, left, map));
    }
    try (Session session = model.session(SessionOptions.defaults().withCapacity(tokens.length))) {
      session.evaluate(0, probes, tokens);
    }
    TokenLabels labels = new TokenLabels(model.tokenizer());
    List<KvTrace.Token> texts = Arrays.stream(tokens).skip(left).mapToObj(labels::of).toList();
    return new AttentionMaps(texts, left, Math.max(0, prompt - left), maps);
  }

  private static void keep(Activation chunk, int left, float[][][] map) {
    int length = chunk.shape().size(2);
    for (int row = Math.max(0, left - chunk.firstRow()); row < chunk.shape().rows(); row++) {
      float[] heads = chunk.row(row); // [heads, length]
      for (int head = 0; head < map.length; head++) {
        map[head][chunk.firstRow() + row - left] =
            Arrays.copyOfRange(heads, head * length + left, (head + 1) * length);
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
