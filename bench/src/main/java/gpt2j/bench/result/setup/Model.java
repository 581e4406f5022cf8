package gpt2j.bench.result.setup;

import gpt2j.model.gpt2.config.Gpt2Size;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model that was measured.
 *
 * @param name as tables show it, and as {@link gpt2j.bench.result.BenchmarkCase#model} refers to
 *     it: a standard size or the name of the checkpoint's directory
 * @param random whether its weights are random ones made for measuring
 * @param parameters number of parameters, a tied head counted once
 * @param layers transformer blocks
 * @param heads attention heads per block
 * @param embeddingWidth elements of one hidden state
 * @param contextLength most tokens of a sequence
 * @param vocabularySize number of tokens
 */
public record Model(
    String name,
    boolean random,
    long parameters,
    int layers,
    int heads,
    int embeddingWidth,
    int contextLength,
    int vocabularySize) {
  /**
   * How the settings in results speak of a checkpoint: by its name, which is marked as that of a
   * directory where it could be taken for a standard size.
   *
   * @param model label of a {@link Gpt2Size}, or a directory
   */
  public static String reference(String model) {
    String name = name(model);
    return Gpt2Size.of(name).isPresent() && Gpt2Size.of(model).isEmpty() ? "./" + name : name;
  }

  /** A model's commit in the cache of the Hugging Face hub. */
  private static final Pattern SNAPSHOT =
      Pattern.compile("(?:.*/)?models--(?:[^/]+--)?([^/]+)/snapshots/([0-9a-f]{7})[0-9a-f]{33}");

  /**
   * The name under which results speak of a checkpoint: it doesn't say where on this machine it is.
   * One from the hub has its model's name and the beginning of its commit: {@code gpt2@607a30d}.
   *
   * @param model label of a {@link Gpt2Size}, or a directory
   */
  public static String name(String model) {
    Matcher snapshot = SNAPSHOT.matcher(model);
    if (snapshot.matches()) {
      return snapshot.group(1) + "@" + snapshot.group(2);
    }
    Path file = Path.of(model).toAbsolutePath().normalize().getFileName();
    return Gpt2Size.of(model).isPresent() || file == null ? model : file.toString();
  }
}
