package gpt2j.model.gpt2.tensorflow;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What OpenAI calls the tensors of GPT-2, and Hugging Face. */
final class TensorNames {
  private static final Pattern OUTSIDE = Pattern.compile("model/(wte|wpe|ln_f/[gb])");
  private static final Pattern INSIDE =
      Pattern.compile("model/h(0|[1-9]\\d{0,5})/(ln_[12]|attn/c_\\w+|mlp/c_\\w+)/([gbw])");

  private TensorNames() {}

  /** Hugging Face's name; none for what GPT-2 hasn't. */
  static Optional<String> fromFile(String name) {
    Matcher inside = INSIDE.matcher(name);
    if (inside.matches()) {
      String part = inside.group(2).replace('/', '.');
      return Optional.of("h.%s.%s.%s".formatted(inside.group(1), part, kind(inside.group(3))));
    }
    Matcher outside = OUTSIDE.matcher(name);
    if (!outside.matches()) {
      return Optional.empty();
    }
    String part = outside.group(1);
    return Optional.of(
        part.startsWith("ln_f/")
            ? "ln_f." + kind(part.substring(part.length() - 1))
            : part + ".weight");
  }

  private static String kind(String letter) {
    return letter.equals("b") ? "bias" : "weight";
  }
}
