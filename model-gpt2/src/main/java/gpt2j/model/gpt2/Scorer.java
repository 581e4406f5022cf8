package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.Score.TokenLogprob;
import gpt2j.model.gpt2.Score.TokenScore;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Scores a text of any length. The text is covered by windows of a context each, {@code stride}
 * tokens apart, and each window scores the tokens that no window before it has, as in <a
 * href="https://huggingface.co/docs/transformers/perplexity">Perplexity of fixed-length models</a>.
 * Losses are computed on the device; logits come to the host only for the most probable tokens.
 */
final class Scorer {
  private final Gpt2 model;
  private final Backend backend;
  private final int context;
  private final int stride;
  private final int topLogprobs;
  private final ScoreOptions.Progress progress;
  private final int[] tokens;
  private final TokenScore[] scores;

  Scorer(Gpt2 model, int[] tokens, ScoreOptions options) {
    this.model = model;
    this.tokens = tokens;
    backend = model.backend();
    context = model.config().contextLength();
    stride = options.stride().orElse(Math.max(1, context / 2));
    topLogprobs = Math.min(options.topLogprobs(), model.config().vocabularySize());
    progress = options.progress();
    scores = new TokenScore[tokens.length];
    if (tokens.length < 2) {
      throw new IllegalArgumentException(
          "a text to score needs at least 2 tokens, since the first has none before it; it has "
              + tokens.length);
    }
    if (context < 2) {
      throw new IllegalArgumentException("a model with a context of one token can't score a text");
    }
    if (stride > context) {
      throw new IllegalArgumentException(
          "stride must be at most the model's context of %d tokens, not %d"
              .formatted(context, stride));
    }
    model.checkTokens(tokens);
  }

  Score score() {
    Arrays.setAll(scores, i -> new TokenScore(tokens[i], OptionalDouble.empty(), List.of()));
    int capacity = Math.min(context, tokens.length);
    try (Session session = model.session(SessionOptions.defaults().withCapacity(capacity));
        Losses losses = new Losses(backend, session.workspace().logitsRows())) {
      int end = 0;
      for (int begin = 0; end < tokens.length; begin += stride) {
        int firstNew = end;
        end = Math.min(begin + context, tokens.length);
        scoreWindow(session, losses, begin, firstNew, end);
        progress.scored(end, tokens.length);
      }
    }
    double meanNll =
        -Arrays.stream(scores)
            .flatMapToDouble(score -> score.logprob().stream())
            .average()
            .orElseThrow();
    return new Score(List.of(scores), meanNll, Math.exp(meanNll));
  }

  /** Scores tokens {@code firstNew … end - 1}, each after the tokens from {@code begin} on. */
  private void scoreWindow(Session session, Losses losses, int begin, int firstNew, int end) {
    session.clear(0);
    session.extend(
        List.of(new Extension(0, Arrays.copyOfRange(tokens, begin, end))),
        () -> false,
        (first, rows, x) -> {
          // The row of token t predicts token t + 1.
          int chunk = begin + first;
          int from = Math.max(chunk, firstNew - 1);
          int to = Math.min(chunk + rows, end - 1);
          if (from < to) {
            session
                .workspace()
                .logits(
                    x,
                    from - chunk,
                    to - from,
                    (logits, block) -> {
                      int firstToken = from + block + 1;
                      int scored = scoreBlock(losses, logits, firstToken);
                      if (scored < logits.shape().rows()) {
                        throw session.nonFinite(
                            Arrays.copyOfRange(tokens, begin, firstToken + scored));
                      }
                    });
          }
        });
  }

  /**
   * Scores as many tokens, from {@code firstToken} on, as there are rows of logits.
   *
   * @return how many; fewer where the next one's logits aren't finite
   */
  private int scoreBlock(Losses losses, Tensor logits, int firstToken) {
    int count = logits.shape().rows();
    float[] nll = losses.of(logits, tokens, firstToken);
    List<float[]> values = topLogprobs > 0 ? HostFloats.readRows(backend, logits) : List.of();
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(nll[i])) {
        return i;
      }
      List<TokenLogprob> top =
          topLogprobs > 0 ? TopLogprobs.of(values.get(i), topLogprobs) : List.of();
      int token = firstToken + i;
      scores[token] = new TokenScore(tokens[token], OptionalDouble.of(-nll[i]), top);
    }
    return count;
  }

  /** Memory for a block of losses, and what computes them there. */
  private static final class Losses implements AutoCloseable {
    private final Backend backend;
    private final Resources resources = new Resources();
    private final Tensor targets; // I32 [rows]
    private final Tensor losses; // F32 [rows]
    private final HostInts hostTargets;

    Losses(Backend backend, int rows) {
      this.backend = backend;
      try {
        targets = allocate(DataType.I32, rows);
        losses = allocate(DataType.F32, rows);
        hostTargets = new HostInts(Arena.ofAuto(), rows);
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    private Tensor allocate(DataType type, int rows) {
      return Locked.get(
          backend, () -> resources.add(backend.allocate(type, Shape.of(rows), Usage.IO)));
    }

    /** The loss of each row, for the tokens from {@code first} on; holding the backend's lock. */
    float[] of(Tensor logits, int[] tokens, int first) {
      int rows = logits.shape().rows();
      for (int i = 0; i < rows; i++) {
        hostTargets.set(i, tokens[first + i]);
      }
      Tensor blockTargets = targets.rows(0, rows);
      Tensor blockLosses = losses.rows(0, rows);
      backend.write(blockTargets, hostTargets.first(rows));
      backend.operations().crossEntropy(blockLosses, logits, blockTargets);
      return HostFloats.read(backend, blockLosses);
    }

    @Override
    public void close() {
      Locked.run(backend, resources::close);
    }
  }
}
