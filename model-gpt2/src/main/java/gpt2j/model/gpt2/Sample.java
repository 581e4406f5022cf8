package gpt2j.model.gpt2;

import gpt2j.model.gpt2.tokenizer.StreamingDecoder;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One completion while it grows: its tokens, its text, and the part of it that the model sees. */
final class Sample {
  private final int index;
  private final GenerationRequest request;
  private final int context;
  private final Set<Integer> endTokens;
  private final StreamingDecoder decoder;
  private final StopMatcher matcher;

  private final TokenList tokens = new TokenList(); // the prompt's, then those drawn
  private final int promptLength;
  private final int truncated;
  private final StringBuilder text = new StringBuilder();
  private int windowStart;
  private boolean windowMoved;
  private @Nullable FinishReason finishReason;

  private Duration prefill = Duration.ZERO;
  private Duration timeToFirstToken = Duration.ZERO;
  private final List<Duration> steps = new ArrayList<>();

  /** A sample of a prompt of any length, of which the last tokens that fit the context count. */
  Sample(int index, Gpt2 model, GenerationRequest request, Set<Integer> endTokens, int[] prompt) {
    this.index = index;
    this.request = request;
    this.endTokens = endTokens;
    context = model.config().contextLength();
    decoder = model.tokenizer().streamingDecoder();
    matcher = new StopMatcher(request.stopStrings());
    truncated = Math.max(0, prompt.length - context);
    promptLength = prompt.length - truncated;
    for (int i = truncated; i < prompt.length; i++) {
      tokens.add(prompt[i]);
    }
  }

  int index() {
    return index;
  }

  /** Which of its prompt's samples it is, and so its random stream. */
  int stream() {
    return index % request.samples();
  }

  /** The prompt's tokens, then those drawn. */
  int[] tokens() {
    return tokens.from(0);
  }

  /** The number of tokens drawn. */
  int drawn() {
    return tokens.size() - promptLength;
  }

  /** The tokens that the next one follows: at most a context of them. */
  int[] window() {
    windowMoved = false;
    return tokens.from(windowStart);
  }

  /** The token drawn last. */
  int last() {
    return tokens.get(tokens.size() - 1);
  }

  /** Whether the window begins elsewhere than when {@link #window} was last called. */
  boolean windowMoved() {
    return windowMoved;
  }

  @Nullable FinishReason finishReason() {
    return finishReason;
  }

  /** Takes the first token's times. */
  void began(Duration prefillTime, Duration firstTokenTime) {
    prefill = prefillTime;
    timeToFirstToken = firstTokenTime;
  }

  /** Takes a further token's time. */
  void stepped(Duration step) {
    steps.add(step);
  }

  /** Takes a token that was drawn, and may end with it; returns the text that is certain now. */
  String push(int token) {
    tokens.add(token);
    if (request.stopAtEndOfText() && endTokens.contains(token)) {
      finishReason = FinishReason.END_OF_TEXT;
      return "";
    }
    String piece = emit(matcher.push(decode(token)));
    if (matcher.stopped()) {
      finishReason = FinishReason.STOP_STRING;
    } else if (drawn() == request.maxNewTokens()) {
      finishReason = FinishReason.MAX_NEW_TOKENS;
    } else if (tokens.size() - windowStart > context) {
      moveWindow();
    }
    return piece;
  }

  private void moveWindow() {
    windowMoved = true;
    switch (request.contextOverflow()) {
      case STOP -> finishReason = FinishReason.CONTEXT_FULL;
      case RECOMPUTE -> windowStart = tokens.size() - context;
      case SLIDE -> windowStart = tokens.size() - Math.max(1, context / 2);
    }
  }

  /** The token's text; none for a token that a padded vocabulary has and the tokenizer hasn't. */
  private String decode(int token) {
    try {
      return decoder.push(token);
    } catch (TokenizerException e) {
      return "";
    }
  }

  private String emit(String piece) {
    text.append(piece);
    return piece;
  }

  /** Ends the sample, for {@code reason} unless it has ended by itself. */
  GenerationEvent.Finished finish(FinishReason reason) {
    String tail = matcher.push(decoder.finish());
    String rest = emit(matcher.stopped() ? tail : tail + matcher.finish());
    Completion completion =
        new Completion(
            index,
            tokens.list(0, promptLength),
            truncated,
            tokens.list(promptLength, tokens.size()),
            text.toString(),
            finishReason == null ? reason : finishReason,
            new Timings(prefill, timeToFirstToken, steps));
    return new GenerationEvent.Finished(index, rest, completion);
  }
}
