package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.setInts;

import gpt2j.api.Backend;
import gpt2j.api.Operations;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.Tensor;
import gpt2j.spi.ForwardingBackend;
import gpt2j.spi.ForwardingOperations;
import gpt2j.spi.HostSamplingState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;

/** Bugs in sampling: states of their own, which draw in wrong ways. */
final class SabotagedSampling {
  private SabotagedSampling() {}

  /** Draws a token. */
  private interface Draw {
    int draw(SamplingParameters parameters, float[] logits, History seen, int draw, long stream);
  }

  static List<Sabotage> all() {
    Class<SamplingContract> sampling = SamplingContract.class;
    Class<SamplingStateContract> states = SamplingStateContract.class;
    Class<GreedyContract> greedy = GreedyContract.class;
    Class<RowSamplingContract> rows = RowSamplingContract.class;
    Class<HeadContract> head = HeadContract.class;
    Class<NoNumbersContract> none = NoNumbersContract.class;
    return List.of(
        bug("penalty ignored", sampling, (p, l, seen, d, s) -> draw(p, l, History.none(), d, s)),
        bug("penalty only sampled", greedy, (p, l, seen, d, s) -> draw(p, l, History.none(), d, s)),
        bug("penalty raises negative logits", greedy, SabotagedSampling::alwaysDivides),
        bug("temperature ignored", sampling, p -> p.withTemperature(1)),
        bug("top-k ignored", sampling, p -> p.withTopK(0)),
        bug("top-k keeps one too many", sampling, p -> p.withTopK(p.topK() + 1)),
        bug("top-p ignored", sampling, p -> p.withTopP(1)),
        bug("top-p too large", sampling, p -> p.withTopP(Math.min(1, p.topP() * 1.02f))),
        bug("top-k one too many behind the head", head, p -> p.withTopK(p.topK() + 1)),
        bug("min-p ignored", sampling, p -> p.withMinP(0)),
        bug("seed ignored", sampling, p -> p.withSeed(0)),
        bug("noise in float32", sampling, SabotagedSampling::floatNoise),
        bug("noise clamped", sampling, SabotagedSampling::clampedNoise),
        bug("last token among equals", greedy, SabotagedSampling::lastAmongEquals),
        bug("smallest logit", greedy, (p, l, seen, d, s) -> smallest(l)),
        bug("draws not counted", states, (p, l, seen, d, s) -> draw(p, l, seen, 0, s)),
        bug("stream cut to 32 bits", states, (p, l, seen, d, s) -> draw(p, l, seen, d, (int) s)),
        bug("one stream for all rows", sampling, (p, l, seen, d, s) -> draw(p, l, seen, d, 0)),
        bug("NaN is impossible", none, SabotagedSampling::drawsBesideNaN),
        bug("an infinite logit is drawn", none, SabotagedSampling::drawsInfinity),
        bug(
            "the lowest of no tokens",
            none,
            (p, l, seen, d, s) -> Math.max(0, draw(p, l, seen, d, s))),
        bug("the last logit isn't looked at", none, SabotagedSampling::drawsBesideLast),
        bug("presence penalty ignored", rows, p -> p.withPresencePenalty(0)),
        bug("frequency penalty ignored", rows, p -> p.withFrequencyPenalty(0)),
        bug("frequency penalty once for all", rows, SabotagedSampling::countsOnce),
        bug("the prompt counts as drawn", rows, SabotagedSampling::countsPrompt),
        bug("logit bias ignored", rows, p -> p.withLogitBias(Map.of())),
        bug("logit bias behind the penalties", rows, SabotagedSampling::biasesLast),
        bug(
            "all tokens are allowed",
            rows,
            (p, l, seen, d, s) -> draw(p, l, seen.allowing(null), d, s)),
        bug("NaN where it isn't allowed", rows, SabotagedSampling::forbidsFirst),
        bug("one row's parameters for all", rows, SabotagedSampling::draw, row -> 0),
        bug("logits that top-k leaves out aren't looked at", none, SabotagedSampling::drawsTopK));
  }

  private static Sabotage bug(
      String name, Class<? extends Part> part, UnaryOperator<SamplingParameters> change) {
    return bug(name, part, (p, l, seen, d, s) -> draw(change.apply(p), l, seen, d, s));
  }

  private static int draw(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    return Sampler.draw(p, logits, seen, draw, stream);
  }

  private static int drawsBesideNaN(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    float[] possible = logits.clone();
    for (int token = 0; token < possible.length; token++) {
      possible[token] = Float.isNaN(possible[token]) ? Float.NEGATIVE_INFINITY : possible[token];
    }
    return draw(p, possible, seen, draw, stream);
  }

  private static int drawsInfinity(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    float[] finite = logits.clone();
    for (int token = 0; token < finite.length; token++) {
      finite[token] = Math.min(finite[token], Float.MAX_VALUE);
    }
    return draw(p, finite, seen, draw, stream);
  }

  private static int drawsBesideLast(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    int last = logits.length - 1;
    float[] others = logits.clone();
    others[last] = Float.isNaN(logits[last]) ? Float.NEGATIVE_INFINITY : logits[last];
    return draw(p, others, seen, draw, stream);
  }

  /** A comparison with what is kept leaves out what can't be compared. */
  private static int drawsTopK(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    boolean filtered = p.temperature() > 0 && p.topK() > 0 && p.topK() < logits.length;
    return filtered
        ? drawsBesideNaN(p, logits, seen, draw, stream)
        : draw(p, logits, seen, draw, stream);
  }

  private static int countsOnce(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    Map<Integer, Integer> once = new HashMap<>(seen.drawn());
    once.replaceAll((token, count) -> 1);
    return draw(p, logits, new History(seen.seen(), once, seen.allowed()), draw, stream);
  }

  private static int countsPrompt(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    Map<Integer, Integer> drawn = new HashMap<>(seen.drawn());
    seen.seen().stream().forEach(token -> drawn.putIfAbsent(token, 1));
    return draw(p, logits, new History(seen.seen(), drawn, seen.allowed()), draw, stream);
  }

  private static int biasesLast(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    float[] adjusted = logits.clone();
    double[] scores = Sampler.adjusted(p.withLogitBias(Map.of()), logits, seen);
    for (int token = 0; token < logits.length; token++) {
      adjusted[token] = (float) scores[token] + p.logitBias().getOrDefault(token, 0f);
    }
    SamplingParameters rest =
        p.withLogitBias(Map.of())
            .withRepetitionPenalty(1)
            .withPresencePenalty(0)
            .withFrequencyPenalty(0);
    return draw(rest, adjusted, seen, draw, stream);
  }

  /** What isn't allowed isn't looked at. */
  private static int forbidsFirst(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    float[] masked = logits.clone();
    for (int token = 0; token < logits.length; token++) {
      masked[token] = seen.allows(token) ? logits[token] : Float.NEGATIVE_INFINITY;
    }
    return draw(p, masked, seen, draw, stream);
  }

  private static int alwaysDivides(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    float[] divided = logits.clone();
    seen.seen().stream().forEach(token -> divided[token] /= p.repetitionPenalty());
    return draw(p, divided, History.none(), draw, stream);
  }

  private static int floatNoise(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    return withNoise(p, logits, seen, draw, stream, true);
  }

  private static int clampedNoise(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    return withNoise(p, logits, seen, draw, stream, false);
  }

  private static int withNoise(
      SamplingParameters p, float[] logits, History seen, int draw, long stream, boolean single) {
    double[] scores = Sampler.scores(p, logits, seen);
    if (p.temperature() > 0) {
      double[] noise = Sampler.noise(p.seed(), draw, stream, logits.length);
      for (int token = 0; token < scores.length; token++) {
        double u = Math.exp(-Math.exp(-noise[token]));
        scores[token] += single ? -Math.log(-Math.log((float) u)) : Math.min(noise[token], 16.6);
      }
    }
    return Sampler.largest(scores);
  }

  private static int lastAmongEquals(
      SamplingParameters p, float[] logits, History seen, int draw, long stream) {
    int best = draw(p, logits, seen, draw, stream);
    if (p.temperature() == 0) {
      for (int token = best; token < logits.length; token++) {
        best = logits[token] == logits[best] ? token : best;
      }
    }
    return best;
  }

  private static int smallest(float[] logits) {
    int worst = 0;
    for (int token = 0; token < logits.length; token++) {
      worst = logits[token] < logits[worst] ? token : worst;
    }
    return worst;
  }

  private static Sabotage bug(String name, Class<? extends Part> part, Draw draw) {
    return bug(name, part, draw, row -> row);
  }

  /** With a state of its own, which takes what is said of a row as said of another. */
  private static Sabotage bug(
      String name, Class<? extends Part> part, Draw draw, IntUnaryOperator target) {
    return Sabotage.of(
        "sampling: " + name,
        part,
        to ->
            new ForwardingBackend(to) {
              @Override
              public SamplingState samplingState(int rows, int vocabulary) {
                return new State(to.samplingState(rows, vocabulary), target);
              }

              @Override
              public Operations operations() {
                return new Sampling(to, draw);
              }
            });
  }

  private static final class State extends HostSamplingState {
    private final SamplingState right;
    private final IntUnaryOperator target;

    State(SamplingState right, IntUnaryOperator target) {
      super(right.rows(), right.vocabulary());
      this.right = right;
      this.target = target;
    }

    Row of(int row) {
      return row(target.applyAsInt(row));
    }

    @Override
    public void close() {
      right.close();
    }
  }

  private static final class Sampling extends ForwardingOperations {
    private final Backend backend;
    private final Draw draw;

    Sampling(Backend backend, Draw draw) {
      super(backend.operations());
      this.backend = backend;
      this.draw = draw;
    }

    @Override
    public void sample(Tensor tokens, Tensor logits, SamplingState state) {
      State own = (State) state;
      to.sample(tokens, logits, own.right);
      int[] drawn = new int[tokens.shape().rows()];
      for (int row = 0; row < drawn.length; row++) {
        float[] values = floats(backend, logits.rows(row, 1));
        HostSamplingState.Row of = own.of(row);
        drawn[row] = draw.draw(of.parameters(), values, History.of(of), of.draw(), of.stream());
        of.drew(drawn[row]);
      }
      setInts(backend, tokens, drawn);
    }
  }
}
