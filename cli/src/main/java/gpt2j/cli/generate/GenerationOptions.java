package gpt2j.cli.generate;

import gpt2j.api.SamplingParameters;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Arguments;
import gpt2j.cli.options.Arguments.Flag;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Prompt;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How much to generate, and when to end. */
final class GenerationOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Tokens to generate at most. Default: 100.")
  private int maxNewTokens = 100;

  @Option(
      names = "--num-samples",
      paramLabel = "N",
      converter = Quantity.Samples.class,
      description = "Texts to generate, side by side. Default: 1.")
  private int samples = 1;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      converter = Arguments.Text.class,
      description = "End where this text appears, which is left out. May be repeated.")
  private List<String> stops = new ArrayList<>();

  @Option(
      names = "--context-overflow",
      paramLabel = "HOW",
      converter = Choice.OfContextOverflow.class,
      completionCandidates = Choice.OfContextOverflow.class,
      description = {
        "When the text outgrows the model's context:",
        "stop: end (default)",
        "recompute: evaluate the last tokens that fit again for each new token; exact and slow",
        "slide: drop the first half and go on; fast, but not the same as recompute"
      })
  private ContextOverflow contextOverflow = ContextOverflow.STOP;

  @Option(
      names = "--use-cache",
      negatable = true,
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      converter = Flag.class,
      description =
          "Keep keys and values of earlier tokens (default), or evaluate the whole text again for"
              + " each token: the same result, slowly.")
  private boolean useCache = true;

  ContextOverflow contextOverflow() {
    return contextOverflow;
  }

  boolean useCache() {
    return useCache;
  }

  /** Refuses what can be refused before anything is loaded. */
  void check() {
    if (stops.contains("")) {
      throw UserError.usage("--stop: is empty; give the text at which to end");
    }
  }

  GenerationRequest request(int[] prompt, SamplingParameters sampling) {
    return GenerationRequest.of(Prompt.of(prompt))
        .withMaxNewTokens(maxNewTokens)
        .withSampling(sampling)
        .withSamples(samples)
        .withStopStrings(stops.toArray(String[]::new))
        .withUseCache(useCache)
        .withContextOverflow(contextOverflow);
  }
}
