package gpt2j.cli.options;

import gpt2j.cli.io.UserError;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of single tokens.
 *
 * @param logitBias by token
 * @param allowed the only tokens to draw from; null for all
 */
public record TokenChoice(Map<Integer, Float> logitBias, @Nullable Set<Integer> allowed) {
  static final String LOGIT_BIAS = "--logit-bias";
  static final String ALLOWED_TOKENS = "--allowed-tokens";

  public TokenChoice {
    logitBias = Map.copyOf(logitBias);
    allowed = allowed == null ? null : Set.copyOf(allowed);
  }

  /** Refuses tokens that a model hasn't, and such as can't be drawn. */
  public void check(Tokenizer tokenizer, Gpt2Config config) {
    check(LOGIT_BIAS, logitBias.keySet(), config);
    if (allowed == null) {
      return;
    }
    check(ALLOWED_TOKENS, allowed, config);
    allowed.stream()
        .filter(token -> !tokenizer.has(token))
        .min(Integer::compare)
        .ifPresent(
            token -> {
              throw UserError.usage(
                  "%s: token %d only pads the model's vocabulary and has no text; choose others"
                      .formatted(ALLOWED_TOKENS, token));
            });
  }

  private static void check(String option, Collection<Integer> tokens, Gpt2Config config) {
    int largest = tokens.stream().mapToInt(token -> token).max().orElse(0); // none is below 0
    if (largest >= config.vocabularySize()) {
      throw UserError.usage(
          "%s: token %d is outside the model's vocabulary, 0 to %d"
              .formatted(option, largest, config.vocabularySize() - 1));
    }
  }

  public GenerationRequest applyTo(GenerationRequest request) {
    return request
        .withSampling(request.sampling().withLogitBias(logitBias))
        .withAllowedTokens(allowed);
  }
}
