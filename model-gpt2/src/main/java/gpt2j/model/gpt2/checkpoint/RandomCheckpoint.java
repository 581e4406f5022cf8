package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.DataType;
import gpt2j.api.Shape;
import gpt2j.model.gpt2.Gpt2Config;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * Checkpoints of untrained models, for measurements, tests and training: the weights that GPT-2
 * begins with, in the layout of Hugging Face.
 *
 * <p>As in transformers: matrices and embeddings normal with standard deviation 0.02, those that
 * end a residual branch (c_proj) 1/√(2·layers) of that (Radford et al. 2019, §2.3), biases 0, gains
 * of layer norms 1.
 */
public final class RandomCheckpoint {
  private static final double DEVIATION = 0.02;

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
      target.write(ConfigReader.FILE, ConfigWriter.text(config, DEVIATION, type));
      SafetensorsWriter.write(
          target.path().resolve(WeightFiles.SINGLE),
          tensors(config, seed, type),
          Map.of("format", "pt"), // transformers refuses a file without
          Runtime.getRuntime().availableProcessors(),
          progress);
      target.commit();
    } catch (IOException e) {
      throw new CheckpointException(directory, "can't be written: " + Io.explain(e), e);
    }
  }

  private static List<OutputTensor> tensors(Gpt2Config config, long seed, DataType type) {
    double residualDeviation = DEVIATION / Math.sqrt(2.0 * config.layers());
    List<OutputTensor> tensors = new ArrayList<>();
    for (Map.Entry<String, Shape> tensor : TensorLayout.of(config).entrySet()) {
      String name = tensor.getKey();
      long stream = tensors.size();
      OutputTensor.Values values;
      if (name.endsWith(".bias")) {
        values = NormalValues.constant(0, type);
      } else if (name.contains("ln_")) {
        values = NormalValues.constant(1, type);
      } else {
        double deviation = name.endsWith("c_proj.weight") ? residualDeviation : DEVIATION;
        values = new NormalValues(seed, stream, deviation, type);
      }
      String stored = name.equals(TensorLayout.HEAD) ? name : TensorLayout.PREFIX + name;
      tensors.add(new OutputTensor(stored, type, tensor.getValue(), values));
    }
    return tensors;
  }
}
