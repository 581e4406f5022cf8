package gpt2j.model.gpt2;

import gpt2j.model.gpt2.tokenizer.StreamingDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One completion while it grows: its tokens, its text, and the part of it that the model sees. */
final class Sample implements DrawHistory {
  private final int index;
  private final int stream;
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

  /**
   * A sample of a prompt of any length, of which the last tokens that fit the context count.
   *
   * @param stream which of its prompt's samples it is, and so its random stream
   */
  Sample(
      int index,
      int stream,
      Gpt2 model,
      GenerationRequest request,
      Set<Integer> endTokens,
      int[] prompt) {
    this.index = index;
    this.stream = stream;
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

  int stream() {
    return stream;
  }

  /** How it is drawn for. */
  Decoder.Row row() {
    return new Decoder.Row(index, request.sampling(), request.allowedTokens(), stream, this);
  }

  @Override
  public int[] prompt() {
    return tokens.range(0, promptLength);
  }

  @Override
  public int[] drawn() {
    return tokens.from(promptLength);
  }

  /** Does nothing: {@link #push} does. */
  @Override
  public void drew(int token) {}

  /** Positions that it takes at most. */
  int mostPositions() {
    return (int) Math.min(context, (long) promptLength + request.maxNewTokens());
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

  /** Whether what was evaluated is kept for the next token. */
  boolean usesCache() {
    return request.useCache();
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
    String piece = emit(matcher.push(decoder.push(token)));
    if (matcher.stopped()) {
      finishReason = FinishReason.STOP_STRING;
    } else if (tokens.size() - promptLength == request.maxNewTokens()) {
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
