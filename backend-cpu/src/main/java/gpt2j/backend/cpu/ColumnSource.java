package gpt2j.backend.cpu;

import gpt2j.api.HostTensor;

/** Numbers of the host that a {@link Matrix} is filled from, some columns at a time. */
interface ColumnSource {
  int inputs();

  int outputs();

  /**
   * Widens columns {@code first … first + count - 1} to float32.
   *
   * @param block receives {@code [inputs, count]}
   */
  void read(int first, int count, float[] block);

  /** What to do with some columns that were read. */
  @FunctionalInterface
  interface PanelSink {
    /**
     * Takes columns.
     *
     * @param block {@code [inputs, count]}, overwritten afterwards
     */
    void take(int first, int count, float[] block);
  }

  /** Reads all columns, {@code width} at a time, on all threads of the pool. */
  default void forEachPanel(WorkerPool pool, int width, PanelSink sink) {
    float[][] blocks = new float[pool.size()][];
    int panels = (outputs() + width - 1) / width;
    pool.forEach(
        panels,
        (panel, worker) -> {
          if (blocks[worker] == null) {
            blocks[worker] = new float[inputs() * width];
          }
          int first = panel * width;
          int count = Math.min(width, outputs() - first);
          read(first, count, blocks[worker]);
          sink.take(first, count, blocks[worker]);
        });
  }

  /** A weight matrix that lies {@code [inputs, outputs]}. */
  static ColumnSource ofRows(HostTensor tensor) {
    return new Rows(tensor);
  }

  /** A table of vectors that lies {@code [outputs, inputs]}: each vector becomes a column. */
  static ColumnSource ofColumns(HostTensor tensor) {
    return new Columns(tensor);
  }

  /** See {@link #ofRows}. */
  record Rows(HostTensor tensor) implements ColumnSource {
    @Override
    public int inputs() {
      return tensor.shape().rows();
    }

    @Override
    public int outputs() {
      return tensor.shape().size(1);
    }

    @Override
    public void read(int first, int count, float[] block) {
      for (int input = 0; input < inputs(); input++) {
        tensor.copyTo((long) input * outputs() + first, block, input * count, count);
      }
    }
  }

  /** See {@link #ofColumns}. */
  record Columns(HostTensor tensor) implements ColumnSource {
    @Override
    public int inputs() {
      return tensor.shape().size(1);
    }

    @Override
    public int outputs() {
      return tensor.shape().rows();
    }

    @Override
    public void read(int first, int count, float[] block) {
      int inputs = inputs();
      long vectorBytes = (long) inputs * tensor.type().bytes();
      Libc.populate(tensor.data().asSlice(first * vectorBytes, count * vectorBytes));
      float[] vector = new float[inputs];
      for (int column = 0; column < count; column++) {
        tensor.copyTo((long) (first + column) * inputs, vector, 0, inputs);
        for (int input = 0; input < inputs; input++) {
          block[input * count + column] = vector[input];
        }
      }
    }
  }
}
