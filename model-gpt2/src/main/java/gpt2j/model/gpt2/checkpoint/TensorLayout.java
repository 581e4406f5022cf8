package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The names and shapes of a checkpoint's tensors. */
public final class TensorLayout {
  static final String PREFIX = "transformer.";
  static final String WTE = "wte.weight";
  static final String HEAD = "lm_head.weight";

  /** Causal masks, which older checkpoints hold, whatever their type. */
  private static final Pattern MASK = Pattern.compile("h\\.\\d+\\.attn\\.(bias|masked_bias)");

  private TensorLayout() {}

  /**
   * Every tensor of a model, without {@code transformer.}, in the order in which the model uses
   * them; the output head last, if it has its own. Matrices are {@code [inputs, outputs]}, since
   * GPT-2's layers were written as convolutions.
   */
  public static Map<String, Shape> of(Gpt2Config config) {
    int width = config.embeddingWidth();
    int inner = config.innerWidth();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(WTE, Shape.of(config.vocabularySize(), width));
    shapes.put("wpe.weight", Shape.of(config.contextLength(), width));
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "h." + layer + ".";
      putLayer(shapes, block + "ln_1", Shape.of(width), width);
      putLayer(shapes, block + "attn.c_attn", Shape.of(width, 3 * width), 3 * width);
      putLayer(shapes, block + "attn.c_proj", Shape.of(width, width), width);
      putLayer(shapes, block + "ln_2", Shape.of(width), width);
      putLayer(shapes, block + "mlp.c_fc", Shape.of(width, inner), inner);
      putLayer(shapes, block + "mlp.c_proj", Shape.of(inner, width), width);
    }
    putLayer(shapes, "ln_f", Shape.of(width), width);
    if (!config.tieWordEmbeddings()) {
      shapes.put(HEAD, shapes.get(WTE));
    }
    return shapes;
  }

  private static void putLayer(Map<String, Shape> shapes, String name, Shape weight, int outputs) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", Shape.of(outputs));
  }

  /** The name in a file as transformers writes it: with {@code transformer.}, save for the head. */
  public static String storedName(String name) {
    return name.equals(HEAD) ? name : PREFIX + name;
  }

  /** The name without {@link #PREFIX}, if it has it. */
  static String withoutPrefix(String name) {
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  /**
   * Whether a tensor is the model's causal mask, which needn't be stored; {@code name} is without
   * {@link #PREFIX}.
   */
  static boolean isMask(String name) {
    return MASK.matcher(name).matches();
  }
}
