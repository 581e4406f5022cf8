package gpt2j.backend.cpu.sampling;

import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.backend.cpu.kernel.Softmax;
import gpt2j.backend.cpu.simd.Memory;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The tokens that top-k, top-p and min-p leave. Tokens are ranked by one number, which orders by
 * logit first and prefers the lower token among equals.
 */
final class Candidates {
  private Candidates() {}

  /**
   * The token with the largest logit, the lowest among equals; {@link SamplingState#NO_TOKEN} where
   * they are no numbers, which the largest tells.
   */
  static int largest(long logits, int vocabulary) {
    float max = Softmax.max(logits, vocabulary);
    if (!Float.isFinite(max)) {
      return SamplingState.NO_TOKEN;
    }
    for (int token = 0; token < vocabulary; token++) {
      if (Memory.get(logits + (long) token * Float.BYTES) == max) {
        return token;
      }
    }
    throw new IllegalStateException("the largest logit is one of them");
  }

  /** The tokens to draw from, best first; none where logits are no numbers. */
  static int[] of(long logits, int vocabulary, SamplingParameters parameters) {
    int k = parameters.topK() == 0 ? vocabulary : Math.min(parameters.topK(), vocabulary);
    long[] ranks = k == vocabulary ? all(logits, vocabulary) : largest(logits, vocabulary, k);
    Arrays.sort(ranks);
    double best = logit(ranks[ranks.length - 1]); // NaN, if there is one
    if (!Double.isFinite(best)) {
      return new int[0];
    }
    int count = ranks.length;
    if (parameters.topP() < 1) {
      count = nucleus(ranks, parameters.temperature(), parameters.topP());
    }
    int[] tokens = new int[count];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      long rank = ranks[ranks.length - 1 - i];
      double below = (logit(rank) - best) / parameters.temperature();
      if (Math.exp(below) >= parameters.minP()) {
        tokens[kept++] = token(rank);
      }
    }
    return Arrays.copyOf(tokens, kept);
  }

  private static long[] all(long logits, int vocabulary) {
    long[] ranks = new long[vocabulary];
    for (int token = 0; token < vocabulary; token++) {
      ranks[token] = rank(Memory.get(logits + (long) token * Float.BYTES), token);
    }
    return ranks;
  }

  /** The k largest, in a heap whose root is the least of them. */
  private static long[] largest(long logits, int vocabulary, int k) {
    long[] heap = new long[k];
    int token = 0;
    for (; token < k; token++) {
      heap[token] = rank(Memory.get(logits + (long) token * Float.BYTES), token);
    }
    for (int i = k / 2 - 1; i >= 0; i--) {
      siftDown(heap, i);
    }
    // Later tokens lose against equals, so only what is truly larger than the root matters; and
    // what is NaN, which isn't at most anything.
    while (token < vocabulary) {
      if (token + Memory.LANES <= vocabulary) {
        FloatVector vector = Memory.load(logits + (long) token * Float.BYTES);
        VectorMask<Float> lost = vector.compare(VectorOperators.LE, (float) logit(heap[0]));
        if (lost.allTrue()) {
          token += Memory.LANES;
          continue;
        }
      }
      int end = Math.min(vocabulary, token + Memory.LANES);
      for (; token < end; token++) {
        long rank = rank(Memory.get(logits + (long) token * Float.BYTES), token);
        if (rank > heap[0]) {
          heap[0] = rank;
          siftDown(heap, 0);
        }
      }
    }
    return heap;
  }

  private static void siftDown(long[] heap, int from) {
    int parent = from;
    long moved = heap[parent];
    while (2 * parent + 1 < heap.length) {
      int child = 2 * parent + 1;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= moved) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = moved;
  }

  /** How many of the best are needed for a probability of {@code p}. */
  private static int nucleus(long[] ranks, double temperature, double p) {
    double best = logit(ranks[ranks.length - 1]);
    double[] weights = new double[ranks.length]; // best first
    double total = 0;
    for (int i = 0; i < ranks.length; i++) {
      weights[i] = Math.exp((logit(ranks[ranks.length - 1 - i]) - best) / temperature);
      total += weights[i];
    }
    double sum = 0;
    int count = 0;
    while (count < weights.length && sum < p * total) {
      sum += weights[count++];
    }
    return Math.max(1, count);
  }

  private static long rank(float logit, int token) {
    int bits = Float.floatToIntBits(logit + 0f); // −0 and 0 are equals
    int ordered = bits ^ bits >> 31 & 0x7FFFFFFF; // as an integer, ordered like the float
    return (long) ordered << 32 | ~token & 0xFFFFFFFFL;
  }

  private static int token(long rank) {
    return ~(int) rank;
  }

  private static double logit(long rank) {
    int ordered = (int) (rank >> 32);
    return Float.intBitsToFloat(ordered ^ ordered >> 31 & 0x7FFFFFFF);
  }
}
