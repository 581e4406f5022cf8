package gpt2j.model.gpt2.format;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.testkit.ReferenceBackendProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Small models in files of one format, made by a script in {@code src/test/python}, and the
 * log-probabilities that PyTorch gives with them.
 */
public final class FormatGolden {
  /** What the scripts evaluate. */
  public static final List<Integer> TOKENS =
      List.of(78, 297, 5, 299, 31, 31, 120, 264, 0, 42, 290, 17);

  private static final double TOLERANCE = 1e-4;

  private FormatGolden() {}

  /** A file of a folder of resources, such as {@code gguf/f32.gguf}. */
  public static Path file(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(FormatGolden.class.getResource("/gpt2j/model/gpt2/" + name), name)
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The values of one tensor of a file of safetensors. */
  public static float[] values(String file, String name) {
    try (SafetensorsFile all = SafetensorsFile.open(file(file), file)) {
      HostTensor tensor =
          all.read(
              Objects.requireNonNull(all.tensors().get(name), name),
              name,
              UncheckedIOException::new);
      float[] values = new float[Math.toIntExact(tensor.shape().elements())];
      tensor.copyTo(0, values, 0, values.length);
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails unless a model gives the log-probabilities of {@code FOLDER/expected.safetensors}. */
  public static void agrees(Path model, String folder, String name) {
    agrees(model, folder, name, _ -> {});
  }

  /** The same, with what is told of the notes. */
  public static void agrees(
      Path model, String folder, String name, Consumer<? super String> notes) {
    float[] expected = values(folder + "/expected.safetensors", name);
    float[][] logits = logits(model, notes);
    int width = expected.length / TOKENS.size();
    double largest = 0;
    for (int row = 0; row < logits.length; row++) {
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += Math.exp(logits[row][i]);
      }
      for (int i = 0; i < width; i++) {
        double difference = logits[row][i] - Math.log(sum) - expected[row * width + i];
        largest = Math.max(largest, Math.abs(difference));
      }
    }
    double found = largest;
    assertTrue(found < TOLERANCE, () -> model + " is off by " + found);
  }

  /** The logits after each of the tokens. */
  public static float[][] logits(Path model, Consumer<? super String> notes) {
    LoadOptions options = LoadOptions.defaults().withNotes(notes);
    try (Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults());
        Gpt2 gpt2 = Gpt2.load(model, backend, options);
        Session session = gpt2.session()) {
      return session.evaluate(0, TOKENS.stream().mapToInt(Integer::intValue).toArray());
    }
  }
}
