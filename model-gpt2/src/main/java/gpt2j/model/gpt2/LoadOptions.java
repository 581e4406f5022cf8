package gpt2j.model.gpt2;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import java.util.function.Consumer;

/**
 * How to load a model.
 *
 * @param precision how the backend keeps weight matrices; with {@code Q8_0} and {@code Q4_0} the
 *     embedding of positions stays float32, as in GGUF
 * @param cacheType how keys and values of the model's sessions are stored, unless they say
 *     otherwise
 * @param progress told after each tensor
 * @param notes told each of the {@linkplain Checkpoint#notes notes} on the checkpoint
 */
public record LoadOptions(
    WeightFormat precision,
    WeightFormat cacheType,
    Progress progress,
    Consumer<? super String> notes) {
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

  /** Float32, nobody told, but the logger {@code gpt2j.model.gpt2} of notes, as warnings. */
  public static LoadOptions defaults() {
    return new LoadOptions(
        WeightFormat.F32, WeightFormat.F32, (bytes, total) -> {}, LoadOptions::log);
  }

  private static void log(String note) {
    System.getLogger("gpt2j.model.gpt2").log(System.Logger.Level.WARNING, note);
  }

  public LoadOptions withPrecision(WeightFormat precision) {
    return new LoadOptions(precision, cacheType, progress, notes);
  }

  public LoadOptions withCacheType(WeightFormat cacheType) {
    return new LoadOptions(precision, cacheType, progress, notes);
  }

  public LoadOptions withProgress(Progress progress) {
    return new LoadOptions(precision, cacheType, progress, notes);
  }

  public LoadOptions withNotes(Consumer<? super String> notes) {
    return new LoadOptions(precision, cacheType, progress, notes);
  }
}
