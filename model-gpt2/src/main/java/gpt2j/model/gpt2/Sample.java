package gpt2j.model.gpt2;

import gpt2j.model.gpt2.tokenizer.StreamingDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One completion while it grows: its tokens, its text, and the part of it that the model sees. For
 * whoever draws the tokens.
 */
public final class Sample implements DrawHistory {
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

  /**
   * A sample for each completion that a request asks for, prompt by prompt.
   *
   * @param first the index of the first of them
   * @throws IllegalArgumentException as {@link Gpt2#start} does
   */
  public static List<Sample> of(Gpt2 model, GenerationRequest request, int first) {
    request.checkTokens(model.config().vocabularySize(), model.drawable());
    Set<Integer> endTokens = Set.copyOf(model.config().eosTokens());
    List<Sample> samples = new ArrayList<>();
    for (Prompt prompt : request.prompts()) {
      int[] tokens = encode(model, prompt, request.contextOverflow());
      for (int stream = 0; stream < request.samples(); stream++) {
        int index = first + samples.size();
        samples.add(new Sample(index, stream, model, request, endTokens, tokens));
      }
    }
    return samples;
  }

  private static int[] encode(Gpt2 model, Prompt prompt, ContextOverflow overflow) {
    int[] tokens =
        switch (prompt) {
          case Prompt.Text(String text) -> model.tokenizer().encode(text);
          case Prompt.Tokens(List<Integer> list) ->
              list.stream().mapToInt(Integer::intValue).toArray();
        };
    int context = model.config().contextLength();
    if (tokens.length == 0) {
      throw new IllegalArgumentException(
          "the prompt is empty: there must be at least one token to go on from");
    }
    model.checkTokens(tokens);
    if (tokens.length > context && overflow == ContextOverflow.STOP) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, more than the model's context of %d; shorten it, or choose to recompute or slide when the context overflows"
              .formatted(tokens.length, context));
    }
    return tokens;
  }

  /** Which completion it is. */
  public int index() {
    return index;
  }

  /** Which of its prompt's samples it is. */
  public int stream() {
    return stream;
  }

  /** How a sequence that holds it is drawn for. */
  Decoder.Row row(int sequence) {
    return new Decoder.Row(sequence, request.sampling(), request.allowedTokens(), stream, this);
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
  public int mostPositions() {
    return (int) Math.min(context, (long) promptLength + request.maxNewTokens());
  }

  /** The tokens that the next one follows: at most a context of them. */
  public int[] window() {
    windowMoved = false;
    return tokens.from(windowStart);
  }

  /** The token drawn last. */
  public int last() {
    return tokens.get(tokens.size() - 1);
  }

  /** Whether the window begins elsewhere than when {@link #window} was last called. */
  public boolean windowMoved() {
    return windowMoved;
  }

  /** Whether what was evaluated is kept for the next token. */
  public boolean usesCache() {
    return request.useCache();
  }

  /** Why it has ended, if it has. */
  public @Nullable FinishReason finishReason() {
    return finishReason;
  }

  /** Takes the first token's times. */
  public void began(Duration prefillTime, Duration firstTokenTime) {
    prefill = prefillTime;
    timeToFirstToken = firstTokenTime;
  }

  /** Takes a further token's time. */
  public void stepped(Duration step) {
    steps.add(step);
  }

  /** Takes a token that was drawn, and may end with it; returns the text that is certain now. */
  public String push(int token) {
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
  public GenerationEvent.Finished finish(FinishReason reason) {
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
