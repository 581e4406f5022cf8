package gpt2j.testkit;

/** Attention within sequences, one query of one head at a time. */
final class ReferenceTrainingAttention {
  /**
   * One head of one sequence.
   *
   * @param first row of the sequence's first token
   * @param length T
   * @param query first column of its query in a row of qkv; key and value are C and 2C further
   * @param size of the head
   * @param number of the head
   * @param heads that there are
   */
  private record Head(int first, int length, int query, int size, int number, int heads) {
    int width() {
      return heads * size; // C
    }

    int key() {
      return width() + query;
    }

    int value() {
      return 2 * width() + query;
    }

    /** Dropout's element for the query at t and the key at j. */
    long element(int t, int j) {
      return ((long) (first + t) * heads + number) * length + j;
    }
  }

  private interface Work {
    void on(Head head);
  }

  private static void forEachHead(int rows, int width, int sequenceLength, int heads, Work work) {
    int size = width / heads;
    for (int first = 0; first < rows; first += sequenceLength) {
      for (int head = 0; head < heads; head++) {
        work.on(new Head(first, sequenceLength, head * size, size, head, heads));
      }
    }
  }

  void forward(
      ReferenceTensor out,
      ReferenceTensor logSumExp,
      ReferenceTensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      DropoutMask mask) {
    int n = out.shape().rows();
    int width = out.shape().size(1);
    double[] values = qkv.doubles(); // [n, 3C]
    double[] result = new double[n * width]; // [n, C]
    double[] sums = new double[n * heads]; // [n, heads]
    forEachHead(
        n,
        width,
        sequenceLength,
        heads,
        head -> {
          for (int t = 0; t < sequenceLength; t++) {
            int row = head.first + t;
            double[] scores = scores(values, head, t, scale); // [t + 1]
            sums[row * heads + head.number] = Formulas.logSumExp(scores);
            Formulas.softmax(scores);
            for (int j = 0; j <= t; j++) {
              double p = scores[j] * mask.factor(head.element(t, j));
              addRow(result, row * width + head.query, p, values, at(head, j, head.value()), head);
            }
          }
        });
    out.set(result);
    logSumExp.set(sums);
  }

  /**
   * With p = softmax(scores), d = p after dropout and out = d·V:
   *
   * <pre>
   * vGradient = dᵀ · outGradient
   * dGradient = outGradient · Vᵀ
   * scoresGradient = p · (mask · dGradient − Σ outGradient·out)
   * qGradient = scale · scoresGradient · K
   * kGradient = scale · scoresGradientᵀ · Q
   * </pre>
   */
  void backward(
      ReferenceTensor qkvGradient,
      ReferenceTensor outGradient,
      ReferenceTensor out,
      ReferenceTensor logSumExp,
      ReferenceTensor qkv,
      int sequenceLength,
      int heads,
      float scale,
      DropoutMask mask) {
    int n = out.shape().rows();
    int width = out.shape().size(1);
    double[] values = qkv.doubles(); // [n, 3C]
    double[] dOut = outGradient.doubles(); // [n, C]
    double[] result = out.doubles(); // [n, C]
    float[] sums = logSumExp.floats(); // [n, heads]
    double[] gradient = new double[n * 3 * width]; // [n, 3C]
    forEachHead(
        n,
        width,
        sequenceLength,
        heads,
        head -> {
          for (int t = 0; t < sequenceLength; t++) {
            int row = head.first + t;
            int column = row * width + head.query; // of out
            double[] scores = scores(values, head, t, scale); // [t + 1]
            double mean = dot(dOut, column, result, column, head);
            for (int j = 0; j <= t; j++) {
              double p = Math.exp(scores[j] - sums[row * heads + head.number]);
              double factor = mask.factor(head.element(t, j));
              int value = at(head, j, head.value());
              addRow(gradient, value, p * factor, dOut, column, head);
              double score = p * (factor * dot(dOut, column, values, value, head) - mean);
              int query = at(head, t, head.query);
              int key = at(head, j, head.key());
              addRow(gradient, query, scale * score, values, key, head);
              addRow(gradient, key, scale * score, values, query, head);
            }
          }
        });
    qkvGradient.set(gradient);
  }

  /** Where a column of qkv is for the token at t. */
  private static int at(Head head, int t, int column) {
    return (head.first + t) * 3 * head.width() + column;
  }

  /** {@code [t + 1]}: a query sees the keys up to its own. */
  private static double[] scores(double[] qkv, Head head, int t, float scale) {
    double[] scores = new double[t + 1];
    for (int j = 0; j <= t; j++) {
      int query = at(head, t, head.query);
      scores[j] = scale * dot(qkv, query, qkv, at(head, j, head.key()), head);
    }
    return scores;
  }

  private static double dot(double[] a, int aFrom, double[] b, int bFrom, Head head) {
    double sum = 0;
    for (int i = 0; i < head.size; i++) {
      sum += a[aFrom + i] * b[bFrom + i];
    }
    return sum;
  }

  private static void addRow(
      double[] to, int toFrom, double factor, double[] row, int from, Head head) {
    for (int i = 0; i < head.size; i++) {
      to[toFrom + i] += factor * row[from + i];
    }
  }
}
