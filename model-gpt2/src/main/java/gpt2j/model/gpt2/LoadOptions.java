package gpt2j.model.gpt2;

import gpt2j.api.Precision;

/**
 * How to load a model.
 *
 * @param precision how the backend keeps weight matrices
 * @param progress told after each tensor
 */
public record LoadOptions(Precision precision, Progress progress) {
  /** Told how far loading has come. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Called on the loading thread.
     *
     * @param bytes bytes of the checkpoint's tensors loaded so far
     * @param total bytes of all of them
     */
    void loaded(long bytes, long total);
  }

  /** Float32, nobody told. */
  public static LoadOptions defaults() {
    return new LoadOptions(Precision.F32, (bytes, total) -> {});
  }

  public LoadOptions withPrecision(Precision precision) {
    return new LoadOptions(precision, progress);
  }

  public LoadOptions withProgress(Progress progress) {
    return new LoadOptions(precision, progress);
  }
}
