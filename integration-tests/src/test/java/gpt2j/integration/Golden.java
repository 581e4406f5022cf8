package gpt2j.integration;

import gpt2j.api.tensor.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A small checkpoint and what Hugging Face transformers computes from it; {@code
 * src/test/python/make_golden.py} wrote both and says what the tensors are.
 */
final class Golden {
  private final Path folder;
  private final Expected expected;

  private Golden(Path folder) {
    this.folder = folder;
    expected = new Expected(folder.resolve("expected.safetensors"));
  }

  /** All of them, by name. */
  static List<Golden> all() {
    try (Stream<Path> folders = Files.list(resource("golden"))) {
      return folders.sorted().map(Golden::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file or folder beside this class. */
  static Path resource(String name) {
    URL url = Objects.requireNonNull(Golden.class.getResource(name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The checkpoint. */
  Path folder() {
    return folder;
  }

  /** The sequence whose logits are known. */
  int[] tokens() {
    return expected.ints("tokens");
  }

  /** By transformers in float32. */
  double[][] logits() {
    return expected.rows("logits");
  }

  /** By transformers in float64. */
  double[][] preciseLogits() {
    return expected.rows("logits_f64");
  }

  /** By transformers in float64, with matrices rounded to a format. */
  double[][] logitsOfRoundedWeights(WeightFormat format) {
    return expected.rows("logits_%s_weights".formatted(format.name().toLowerCase(Locale.ROOT)));
  }

  /** What the greedy texts follow. */
  int[] prompt() {
    return expected.ints("prompt");
  }

  int[] greedy() {
    return expected.ints("greedy");
  }

  /** With a repetition penalty of 1.5. */
  int[] greedyPenalized() {
    return expected.ints("greedy_penalized");
  }

  /** After prompt and greedy text, by transformers in float64. */
  double[] logitsAfterGreedy() {
    return expected.doubles("greedy_logits");
  }

  @Override
  public String toString() {
    return folder.getFileName().toString();
  }
}
