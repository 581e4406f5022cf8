package gpt2j.bench.jmh;

/**
 * What a training step is measured on.
 *
 * @param batch sequences
 * @param length tokens of each
 */
record TrainingSizes(int batch, int length, int width, int layers, int heads, int vocabulary) {
  /** GPT-2 124M. */
  static TrainingSizes gpt2(int batch, int length) {
    return new TrainingSizes(
        batch, length, Gpt2Sizes.WIDTH, Gpt2Sizes.LAYERS, Gpt2Sizes.HEADS, Gpt2Sizes.VOCABULARY);
  }

  /** A model of ten million parameters over bytes. */
  static TrainingSizes small(int batch, int length) {
    return new TrainingSizes(batch, length, 384, 6, 6, 256);
  }

  int rows() {
    return batch * length;
  }
}
