package gpt2j.model.gpt2;

import gpt2j.api.SamplingParameters;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to generate. Start with {@link #of(String)} and say what differs from the defaults:
 *
 * {@snippet :
 * GenerationRequest.of("Once upon a time")
 *     .withMaxNewTokens(50)
 *     .withSampling(SamplingParameters.random(42).withTemperature(0.8f).withTopK(40));
 * }
 *
 * @param prompts texts or tokens to go on from, in one batch whatever their lengths
 * @param maxNewTokens tokens to draw per sample at most
 * @param sampling how a token is drawn
 * @param allowedTokens the only tokens that may be drawn, at least one; null for all. The
 *     end-of-text token ends a sample only where it is one of them
 * @param samples completions per prompt, which share one prefill; sample {@code i} draws from
 *     random stream {@code i}, so it doesn't depend on how many there are
 * @param stopStrings texts that end a sample where they appear; they are not part of its text
 * @param stopAtEndOfText whether drawing the end-of-text token ends a sample
 * @param useCache false to evaluate the whole text again for each token: the same result, slowly
 * @param contextOverflow what happens when a text outgrows the context
 */
public record GenerationRequest(
    List<Prompt> prompts,
    int maxNewTokens,
    SamplingParameters sampling,
    @Nullable Set<Integer> allowedTokens,
    int samples,
    List<String> stopStrings,
    boolean stopAtEndOfText,
    boolean useCache,
    ContextOverflow contextOverflow) {
  public GenerationRequest {
    prompts = List.copyOf(prompts);
    stopStrings = List.copyOf(stopStrings);
    allowedTokens = allowedTokens == null ? null : Set.copyOf(allowedTokens);
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("a generation needs at least one prompt");
    }
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException("max new tokens must be 1 or more, not " + maxNewTokens);
    }
    if (allowedTokens != null && allowedTokens.isEmpty()) {
      throw new IllegalArgumentException("no token is allowed: there must be at least one to draw");
    }
    if (samples < 1) {
      throw new IllegalArgumentException("samples must be 1 or more, not " + samples);
    }
    if (stopStrings.contains("")) {
      throw new IllegalArgumentException("a stop string must not be empty");
    }
  }

  /**
   * One prompt and the defaults: 100 new tokens at most, the most probable token each time, one
   * sample, no stop strings, end at the end-of-text token, with the cache, stop when the context is
   * full.
   */
  public static GenerationRequest of(Prompt prompt) {
    return new GenerationRequest(
        List.of(prompt),
        100,
        SamplingParameters.greedy(),
        null,
        1,
        List.of(),
        true,
        true,
        ContextOverflow.STOP);
  }

  /** The same for a text. */
  public static GenerationRequest of(String prompt) {
    return of(Prompt.of(prompt));
  }

  public GenerationRequest withPrompts(List<Prompt> prompts) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withMaxNewTokens(int maxNewTokens) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withSampling(SamplingParameters sampling) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withAllowedTokens(@Nullable Set<Integer> allowedTokens) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withSamples(int samples) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withStopStrings(String... stopStrings) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        List.of(stopStrings),
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withStopAtEndOfText(boolean stopAtEndOfText) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withUseCache(boolean useCache) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  public GenerationRequest withContextOverflow(ContextOverflow contextOverflow) {
    return new GenerationRequest(
        prompts,
        maxNewTokens,
        sampling,
        allowedTokens,
        samples,
        stopStrings,
        stopAtEndOfText,
        useCache,
        contextOverflow);
  }

  /**
   * Throws {@link IllegalArgumentException} for a token to draw that a vocabulary hasn't, or only
   * to be padded.
   *
   * @param drawable the tokens that have a text; null for all
   */
  void checkTokens(int vocabulary, @Nullable BitSet drawable) {
    checkTokens("a logit bias", sampling.logitBias().keySet(), vocabulary);
    if (allowedTokens == null) {
      return;
    }
    checkTokens("the allowed tokens", allowedTokens, vocabulary);
    allowedTokens.stream()
        .filter(token -> drawable != null && !drawable.get(token))
        .min(Integer::compare)
        .ifPresent(
            token -> {
              throw new IllegalArgumentException(
                  "the allowed tokens: token %d only pads the vocabulary and has no text"
                      .formatted(token));
            });
  }

  private static void checkTokens(String what, Set<Integer> tokens, int vocabulary) {
    tokens.stream()
        .filter(token -> token < 0 || token >= vocabulary)
        .min(Integer::compare)
        .ifPresent(
            token -> {
              throw new IllegalArgumentException(
                  "%s: token %d is outside the vocabulary 0 … %d"
                      .formatted(what, token, vocabulary - 1));
            });
  }
}
