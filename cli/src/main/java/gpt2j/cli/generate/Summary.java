package gpt2j.cli.generate;

import gpt2j.api.Words;
import gpt2j.cli.options.ModelLoader.LoadedModel;
import gpt2j.cli.options.SamplingOptions;
import gpt2j.model.gpt2.Completion;
import gpt2j.model.gpt2.FinishReason;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What there is to say after a generation. */
record Summary(LoadedModel loaded, GenerationRequest request, List<Completion> completions) {
  /** What the user may not have expected. */
  List<String> notices() {
    int dropped = completions.getFirst().truncatedPromptTokens();
    return dropped == 0
        ? List.of()
        : List.of(
            "the prompt is longer than the model's context; left out at its beginning: %s"
                .formatted(Words.count(dropped, "token")));
  }

  /**
   * How fast it was, and why it ended when not by the number of tokens asked for. All samples are
   * generated side by side, so their prefill is one, and the longest decode is all.
   */
  String timing() {
    List<String> parts = new ArrayList<>();
    Completion longest =
        completions.stream()
            .max(Comparator.comparingInt(completion -> completion.tokens().size()))
            .orElseThrow();
    Timings timings = longest.timings();
    int steps = completions.stream().mapToInt(c -> c.timings().steps().size()).sum();
    parts.add("load " + millis(loaded.loadTime()));
    parts.add(rate("prefill", longest.promptTokens().size(), timings.prefill()));
    parts.add(rate("decode", steps, timings.decode()));
    parts.add("TTFT " + millis(timings.timeToFirstToken()));
    parts.add("TPOT " + millis(timings.timePerOutputToken()));
    SamplingOptions.seed(request.sampling()).ifPresent(seed -> parts.add("seed " + seed));
    for (FinishReason reason : FinishReason.values()) {
      addReason(parts, reason);
    }
    return String.join("; ", parts);
  }

  private void addReason(List<String> parts, FinishReason reason) {
    String words =
        switch (reason) {
          case STOP_STRING -> "ended at a stop string";
          case END_OF_TEXT -> "ended at the end of text";
          case CONTEXT_FULL -> "ended because the context is full";
          case CANCELLED -> "interrupted";
          case DEADLINE -> "ended at the deadline";
          case MAX_NEW_TOKENS -> "";
        };
    long count = completions.stream().filter(c -> c.finishReason() == reason).count();
    if (count > 0 && !words.isEmpty()) {
      parts.add(completions.size() == 1 ? words : count + " " + words);
    }
  }

  private static String rate(String name, int tokens, Duration time) {
    String count = name + " " + Words.count(tokens, "token");
    return tokens == 0 || time.isZero()
        ? count
        : String.format(Locale.ROOT, "%s, %.1f tokens/s", count, tokens * 1e9 / time.toNanos());
  }

  private static String millis(Duration time) {
    return String.format(Locale.ROOT, "%.1f ms", time.toNanos() / 1e6);
  }
}
