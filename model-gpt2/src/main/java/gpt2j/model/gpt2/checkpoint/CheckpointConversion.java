package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewDirectory;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Copies a checkpoint with weights of another type. */
public final class CheckpointConversion {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PART = 1 << 16;
  private static final float LARGEST_F16 = 65_504;

  private CheckpointConversion() {}

  /** Is told how far writing is. */
  @FunctionalInterface
  public interface Progress {
    /** So many bytes of so many are written. */
    void written(long bytes, long total);
  }

  /**
   * Writes a copy: the configuration, the weights as the nearest numbers of a type, ties to even,
   * and the tokenizer's files as they are. What else is in the directory is left out. The copy
   * appears when it is complete, or not at all.
   *
   * @param config the checkpoint's, but for what the copy is to say otherwise
   * @param tokenizer files of the vocabulary by their names
   * @param to a new directory, or an empty one
   * @param type F32, F16 or BF16
   * @param progress is told how many bytes of how many are written, by one thread at a time
   * @param notes is told each of the {@linkplain Checkpoint#notes notes} on the checkpoint, whose
   *     copy has no more of them: it has all biases, and nothing that the model hasn't
   * @return the first tensor with a value that is NaN or infinite, and so in the copy; empty if all
   *     are finite
   * @throws CheckpointException when the checkpoint can't be read, has weights that the type can't
   *     hold, or the copy can't be written
   */
  public static Optional<String> write(
      Checkpoint checkpoint,
      Gpt2Config config,
      Map<String, byte[]> tokenizer,
      Path to,
      DataType type,
      Progress progress,
      Consumer<? super String> notes) {
    try (NewDirectory target = NewDirectory.create(to)) {
      checkpoint.notes().forEach(notes);
      long bytes = checkpoint.config().parameters() * type.bytes();
      Optional<String> nonFinite = check(checkpoint, WeightFormat.valueOf(type.name()));
      target.write(ConfigReader.FILE, ConfigWriter.text(config, InitialTensors.DEVIATION, type));
      for (Map.Entry<String, byte[]> file : tokenizer.entrySet()) {
        target.write(file.getKey(), file.getValue());
      }
      SafetensorsWriter.write(
          target.path().resolve(WeightFiles.SINGLE),
          checkpoint.names().stream()
              .map(checkpoint::tensor)
              .map(tensor -> converted(tensor, type))
              .toList(),
          Map.of("format", "pt"), // transformers refuses a file without
          Runtime.getRuntime().availableProcessors(),
          fraction -> progress.written((long) (fraction * bytes), bytes));
      checkpoint.requireUnchanged();
      target.commit();
      return nonFinite;
    } catch (IOException e) {
      throw new CheckpointException(to, Io.unwritable(e), e);
    }
  }

  private static OutputTensor converted(HostTensor tensor, DataType type) {
    return new OutputTensor(
        TensorLayout.storedName(tensor.name()),
        type,
        tensor.shape(),
        (first, out) -> convert(tensor, first, type, out));
  }

  private static void convert(HostTensor tensor, long first, DataType type, MemorySegment out) {
    long count = out.byteSize() / type.bytes();
    float[] values = new float[(int) Math.min(count, PART)];
    for (long done = 0; done < count; done += values.length) {
      int part = (int) Math.min(values.length, count - done);
      tensor.copyTo(first + done, values, 0, part);
      for (int i = 0; i < part; i++) {
        store(type, out, done + i, values[i]);
      }
    }
  }

  private static void store(DataType type, MemorySegment out, long index, float value) {
    switch (type) {
      case F32 -> out.set(FLOAT, index * Float.BYTES, value);
      case F16 -> out.set(SHORT, index * Short.BYTES, Float.floatToFloat16(value));
      case BF16 -> out.set(SHORT, index * Short.BYTES, BFloat16.of(value));
      case I32 -> throw new IllegalArgumentException("weights are no integers");
    }
  }

  /**
   * Looks at all weights.
   *
   * @return the first tensor that has a value that is NaN or infinite as it is
   * @throws CheckpointException when there is one that the type can't hold
   */
  public static Optional<String> check(Checkpoint checkpoint, WeightFormat format) {
    float largest = largest(format);
    float[] values = new float[PART];
    Optional<String> nonFinite = Optional.empty();
    for (String name : checkpoint.names()) {
      HostTensor tensor = checkpoint.tensor(name);
      boolean isFinite = true;
      long count = tensor.shape().elements();
      for (long first = 0; first < count; first += PART) {
        int part = (int) Math.min(PART, count - first);
        tensor.copyTo(first, values, 0, part);
        for (int i = 0; i < part; i++) {
          isFinite &= Float.isFinite(values[i]);
          if (Math.abs(values[i]) > largest && Float.isFinite(values[i])) {
            throw new CheckpointException(
                checkpoint.directory(),
                List.of(
                    "tensor %s has %s, which %s can't hold"
                        .formatted(name, values[i], format.name().toLowerCase(Locale.ROOT))));
          }
        }
      }
      if (!isFinite && nonFinite.isEmpty()) {
        nonFinite = Checkpoint.nonFinite(tensor);
      }
    }
    return nonFinite;
  }

  private static float largest(WeightFormat format) {
    return switch (format) {
      case F16 -> LARGEST_F16;
      case BF16 -> BFloat16.toFloat((short) 0x7F7F);
      case F32 -> Float.MAX_VALUE;
      case Q8_0 -> 127 * LARGEST_F16; // the scale is a float16
      case Q4_0 -> 8 * LARGEST_F16;
    };
  }
}
