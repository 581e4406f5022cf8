package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/** Draws tokens by the steps of {@link SamplingParameters}, in float64, where nothing overflows. */
final class Sampling extends HostSamplingState {
  Sampling(int rows, int vocabulary) {
    super(rows, vocabulary);
  }

  /** Draws a row's next token from {@code [V]} logits, and moves the row on. */
  int draw(int index, float[] logits, int from) {
    Row row = row(index);
    int token = token(row, logits, from);
    row.drew(token);
    return token;
  }

  private int token(Row row, float[] logits, int from) {
    SamplingParameters parameters = row.parameters();
    double temperature = parameters.temperature() == 0 ? 1 : parameters.temperature();
    double[] scaled = new double[vocabulary()];
    for (int v = 0; v < scaled.length; v++) {
      float logit = logits[from + v];
      if (!(logit < Float.POSITIVE_INFINITY)) { // NaN isn't either
        return NO_TOKEN;
      }
      scaled[v] = penalized(row, v, logit) / temperature;
    }
    if (parameters.filters(scaled.length)) {
      filter(parameters, scaled);
    }
    if (parameters.temperature() > 0) {
      addNoise(row, scaled);
    }
    return largest(scaled);
  }

  /** Steps 1 to 4. */
  private static double penalized(Row row, int token, float logit) {
    if (row.allowed() != null && !row.allowed().get(token)) {
      return Double.NEGATIVE_INFINITY;
    }
    SamplingParameters parameters = row.parameters();
    double l = logit + (double) parameters.logitBias().getOrDefault(token, 0f);
    if (row.seen().get(token)) {
      l = l > 0 ? l / parameters.repetitionPenalty() : l * parameters.repetitionPenalty();
    }
    int count = row.count(token);
    double penalty = parameters.presencePenalty() + (double) parameters.frequencyPenalty() * count;
    return count == 0 ? l : l - penalty;
  }

  /** Steps 6 to 8. */
  private static void filter(SamplingParameters parameters, double[] scaled) {
    Comparator<Integer> largestFirst = Comparator.comparingDouble(v -> -scaled[v]);
    List<Integer> order = // sorted stably: of equal tokens the lower comes first
        IntStream.range(0, scaled.length).boxed().sorted(largestFirst).toList();
    int left = parameters.topK() == 0 ? order.size() : Math.min(parameters.topK(), order.size());
    double largest = scaled[order.getFirst()];
    double sum = order.stream().limit(left).mapToDouble(v -> Math.exp(scaled[v] - largest)).sum();
    double needed = parameters.topP() < 1 ? parameters.topP() * sum : Double.POSITIVE_INFINITY;
    double reached = 0;
    for (int i = 0; i < order.size(); i++) {
      int v = order.get(i);
      double weight = Math.exp(scaled[v] - largest); // of the largest 1, of a probability times sum
      if (i >= left || reached >= needed || weight < parameters.minP()) {
        scaled[v] = Double.NEGATIVE_INFINITY;
      }
      reached += weight;
    }
  }

  /** The noise of step 9. */
  private static void addNoise(Row row, double[] scaled) {
    int[] words = new int[Philox.WORDS];
    for (int v = 0; v < scaled.length; v++) {
      if (v % Philox.WORDS == 0) {
        Philox.words(row.parameters().seed(), v / Philox.WORDS, row.draw(), row.stream(), words);
      }
      scaled[v] += Philox.gumbel(words[v % Philox.WORDS]);
    }
  }

  /** The lowest token among equals; no token where all are out. */
  private static int largest(double[] values) {
    int best = NO_TOKEN;
    double most = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < values.length; v++) {
      if (values[v] > most) {
        most = values[v];
        best = v;
      }
    }
    return best;
  }
}
