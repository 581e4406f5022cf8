package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/** Attention of row i of a batch to so many positions of its slot, its own the last of them. */
record Attention(HeapCache cache, int layer, int slot, int i, int seen, float scale) {
  /** {@code [3C]}, of which the query is the first third, to {@code [C]}. */
  void run(HeapTensor out, HeapTensor qkv, AttentionProbe probe) {
    int size = cache.spec().headSize();
    float[] stored = cache.stored().floats();
    float[] weights = new float[seen];
    for (int head = 0; head < cache.spec().heads(); head++) {
      int first = head * size; // of the head's elements in query, key, value and result
      for (int p = 0; p < seen; p++) {
        int key = cache.key(slot, layer, p) + first;
        weights[p] = scale * Products.dot(qkv.floats(), qkv.at(i) + first, stored, key, size);
      }
      show(probe.scores(), head, weights, Float.NEGATIVE_INFINITY);
      double all = logSumExp(weights, 0, seen);
      for (int p = 0; p < seen; p++) {
        weights[p] = (float) Math.exp(weights[p] - all); // softmax
      }
      show(probe.probabilities(), head, weights, 0);
      int to = out.at(i) + first;
      Arrays.fill(out.floats(), to, to + size, 0);
      for (int p = 0; p < seen; p++) {
        int value = cache.value(slot, layer, p) + first;
        Products.addScaled(out.floats(), to, weights[p], stored, value, size);
      }
    }
  }

  /** The logarithm of softmax's denominator. The largest comes off first, or exp would overflow. */
  static double logSumExp(float[] values, int from, int count) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < count; c++) {
      largest = Math.max(largest, values[from + c]);
    }
    double sum = 0;
    for (int c = 0; c < count; c++) {
      sum += Math.exp(values[from + c] - largest);
    }
    return largest + Math.log(sum);
  }

  /** {@code [seen]} to the row's and head's of {@code [n, heads, capacity]}; the rest is masked. */
  private void show(@Nullable Tensor probe, int head, float[] weights, float masked) {
    if (probe != null) {
      HeapTensor to = (HeapTensor) probe;
      int begin = to.at(i) + head * cache.spec().capacity();
      System.arraycopy(weights, 0, to.floats(), begin, seen);
      Arrays.fill(to.floats(), begin + seen, begin + cache.spec().capacity(), masked);
    }
  }
}
