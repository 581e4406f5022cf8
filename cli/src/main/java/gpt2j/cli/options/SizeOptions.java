package gpt2j.cli.options;

import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The size of a new model. */
public final class SizeOptions {
  @Option(
      names = "--size",
      paramLabel = "NAME",
      converter = Choice.OfSize.class,
      completionCandidates = Choice.OfSize.class,
      description = "A standard size: ${COMPLETION-CANDIDATES}.")
  private @Nullable Gpt2Size size;

  @Option(
      names = "--n-layer",
      paramLabel = "N",
      description = "Instead of a standard size: transformer blocks.")
  private @Nullable Integer layers;

  @Option(
      names = "--n-head",
      paramLabel = "N",
      description = "Attention heads, a divisor of the width.")
  private @Nullable Integer heads;

  @Option(names = "--n-embd", paramLabel = "N", description = "Width of a token's hidden state.")
  private @Nullable Integer width;

  @Option(names = "--n-ctx", paramLabel = "N", description = "Context length. Default: 1024.")
  private @Nullable Integer context;

  @Option(
      names = "--vocab-size",
      paramLabel = "N",
      description = "Default: 50257; in training, the data's.")
  private @Nullable Integer vocabulary;

  /** The configuration that the options describe. */
  public Gpt2Config config() {
    return config(UnaryOperator.identity());
  }

  /** Whether one of the options is given. */
  public boolean isGiven() {
    return size != null || !given().isEmpty();
  }

  /**
   * The configuration that the options describe.
   *
   * @param defaults sets what they may leave open
   */
  public Gpt2Config config(UnaryOperator<Gpt2ConfigBuilder> defaults) {
    Map<String, Integer> given = given();
    if (size != null && !given.isEmpty()) {
      throw UserError.usage(
          "--size and %s exclude each other: give a standard size, or the numbers"
              .formatted(given.keySet().iterator().next()));
    }
    return size == null ? explicit(given, defaults) : defaults.apply(size.builder()).build();
  }

  private static Gpt2Config explicit(
      Map<String, Integer> given, UnaryOperator<Gpt2ConfigBuilder> defaults) {
    if (given.isEmpty()) {
      throw UserError.usage("no size: give --size NAME, or --n-layer, --n-head and --n-embd");
    }
    for (String needed : List.of("--n-layer", "--n-head", "--n-embd")) {
      if (!given.containsKey(needed)) {
        throw UserError.usage(needed + " is missing: without --size it must be given");
      }
    }
    Gpt2ConfigBuilder builder = defaults.apply(Gpt2Config.builder());
    given.forEach(
        (option, value) -> {
          switch (option) {
            case "--n-layer" -> builder.layers(value);
            case "--n-head" -> builder.heads(value);
            case "--n-embd" -> builder.embeddingWidth(value);
            case "--n-ctx" -> builder.contextLength(value);
            default -> builder.vocabularySize(value);
          }
        });
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw UserError.usage(inOptions(e.getMessage()));
    }
  }

  private Map<String, Integer> given() {
    Map<String, Integer> given = new LinkedHashMap<>();
    put(given, "--n-layer", layers);
    put(given, "--n-head", heads);
    put(given, "--n-embd", width);
    put(given, "--n-ctx", context);
    put(given, "--vocab-size", vocabulary);
    return given;
  }

  private static void put(Map<String, Integer> given, String option, @Nullable Integer value) {
    if (value != null) {
      given.put(option, value);
    }
  }

  /** The configuration's words about its fields, with the options that set them. */
  private static String inOptions(@Nullable String message) {
    return String.valueOf(message)
        .replace("n_positions", "--n-ctx")
        .replace("vocab_size", "--vocab-size")
        .replace("n_layer", "--n-layer")
        .replace("n_head", "--n-head")
        .replace("n_embd", "--n-embd");
  }
}
