package gpt2j.model.gpt2.config;

import java.util.Arrays;
import java.util.Optional;

/** The four sizes in which OpenAI published GPT-2 (Radford et al. 2019, table 2). */
public enum Gpt2Size {
  /** 124 million parameters. */
  GPT2("gpt2", 12, 12, 768),
  /** 355 million parameters. */
  MEDIUM("gpt2-medium", 24, 16, 1024),
  /** 774 million parameters. */
  LARGE("gpt2-large", 36, 20, 1280),
  /** 1558 million parameters. */
  XL("gpt2-xl", 48, 25, 1600);

  private final String label;
  private final int layers;
  private final int heads;
  private final int embeddingWidth;

  Gpt2Size(String label, int layers, int heads, int embeddingWidth) {
    this.label = label;
    this.layers = layers;
    this.heads = heads;
    this.embeddingWidth = embeddingWidth;
  }

  /** The size with the given {@link #label}. */
  public static Optional<Gpt2Size> of(String label) {
    return Arrays.stream(values()).filter(size -> size.label.equals(label)).findFirst();
  }

  /** The name it is known by, for example {@code gpt2-medium}. */
  public String label() {
    return label;
  }

  /** A builder that starts from this size. */
  public Gpt2ConfigBuilder builder() {
    return Gpt2Config.builder().layers(layers).heads(heads).embeddingWidth(embeddingWidth);
  }

  /** The configuration. */
  public Gpt2Config config() {
    return builder().build();
  }
}
