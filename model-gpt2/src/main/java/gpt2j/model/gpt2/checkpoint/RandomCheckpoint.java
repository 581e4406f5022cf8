package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.NewDirectory;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * Checkpoints of untrained models, for measurements, tests and training: {@link InitialTensors} in
 * the layout of Hugging Face.
 */
public final class RandomCheckpoint {
  private RandomCheckpoint() {}

  /**
   * Writes a checkpoint. The same arguments give the same bytes on every machine. The directory
   * appears when it is complete, or not at all.
   *
   * @param directory a new directory, or an empty one
   * @param type F32, F16 or BF16
   * @param progress is told the fraction done, from 0 to 1, by one thread at a time
   * @throws CheckpointException when the directory is in use or can't be written
   */
  public static void write(
      Path directory, Gpt2Config config, long seed, DataType type, DoubleConsumer progress) {
    if (type == DataType.I32) {
      throw new IllegalArgumentException("weights are F32, F16 or BF16, not " + type);
    }
    try (NewDirectory target = NewDirectory.create(directory)) {
      target.write(ConfigReader.FILE, ConfigWriter.text(config, InitialTensors.DEVIATION, type));
      SafetensorsWriter.write(
          target.path().resolve(WeightFiles.SINGLE),
          new InitialTensors(config, seed).stored(type),
          Map.of("format", "pt"), // transformers refuses a file without
          Runtime.getRuntime().availableProcessors(),
          progress);
      target.commit();
    } catch (IOException e) {
      throw new CheckpointException(directory, Io.unwritable(e), e);
    }
  }
}
