package gpt2j.model.gpt2.gguf;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What llama.cpp calls the tensors of GPT-2, and Hugging Face. */
final class GgufNames {
  private static final Pattern BLOCK =
      Pattern.compile("blk\\.(0|[1-9]\\d{0,5})\\.([a-z_]+)\\.(weight|bias)");
  private static final Pattern LAYER =
      Pattern.compile("h\\.(\\d+)\\.([a-z0-9_.]+)\\.(weight|bias)");

  private static final Map<String, String> OUTSIDE =
      Map.of(
          "token_embd.weight", "wte.weight",
          "position_embd.weight", "wpe.weight",
          "output_norm.weight", "ln_f.weight",
          "output_norm.bias", "ln_f.bias",
          "output.weight", "lm_head.weight");

  private static final Map<String, String> INSIDE =
      Map.of(
          "attn_norm", "ln_1",
          "attn_qkv", "attn.c_attn",
          "attn_output", "attn.c_proj",
          "ffn_norm", "ln_2",
          "ffn_up", "mlp.c_fc",
          "ffn_down", "mlp.c_proj");

  private static final Map<String, String> OUTSIDE_BACK = reversed(OUTSIDE);
  private static final Map<String, String> INSIDE_BACK = reversed(INSIDE);

  private GgufNames() {}

  private static Map<String, String> reversed(Map<String, String> names) {
    Map<String, String> back = new LinkedHashMap<>();
    names.forEach((own, other) -> back.put(other, own));
    return back;
  }

  /** Hugging Face's name of a tensor; none for one that GPT-2 hasn't. */
  static Optional<String> fromFile(String name) {
    Matcher block = BLOCK.matcher(name);
    if (block.matches()) {
      return Optional.ofNullable(INSIDE.get(block.group(2)))
          .map(part -> "h.%s.%s.%s".formatted(block.group(1), part, block.group(3)));
    }
    return Optional.ofNullable(OUTSIDE.get(name));
  }

  /** llama.cpp's name of a tensor that is one of a model's, without {@code transformer.}. */
  static String toFile(String name) {
    Matcher layer = LAYER.matcher(name);
    String part = layer.matches() ? INSIDE_BACK.get(layer.group(2)) : OUTSIDE_BACK.get(name);
    if (part == null) {
      throw new IllegalArgumentException("the model has no tensor " + name);
    }
    return layer.matches() ? "blk.%s.%s.%s".formatted(layer.group(1), part, layer.group(3)) : part;
  }

  /**
   * Whether a tensor is the matrix of a linear layer, which llama.cpp keeps {@code [outputs,
   * inputs]} and GPT-2 the other way round.
   *
   * @param name Hugging Face's
   */
  static boolean isTurned(String name) {
    return name.endsWith(".weight") && (name.contains(".c_") && name.startsWith("h."));
  }
}
