package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.LongStream;

/**
 * The weights that GPT-2 begins with, the same for the same seed on every machine.
 *
 * <p>As in transformers: matrices and embeddings normal with standard deviation 0.02, those that
 * end a residual branch (c_proj) 1/√(2·layers) of that (Radford et al. 2019, §2.3), biases 0, gains
 * of layer norms 1.
 */
public final class InitialTensors {
  /** Standard deviation of matrices and embeddings. */
  static final double DEVIATION = 0.02;

  private static final long PART = 1 << 20; // elements that one thread makes at a time

  private record Initial(Shape shape, long stream) {}

  private final Map<String, Initial> tensors = new LinkedHashMap<>();
  private final double residualDeviation;
  private final long seed;

  /** Nothing is computed until it is asked for. */
  public InitialTensors(Gpt2Config config, long seed) {
    TensorLayout.of(config)
        .forEach((name, shape) -> tensors.put(name, new Initial(shape, tensors.size())));
    residualDeviation = DEVIATION / Math.sqrt(2.0 * config.layers());
    this.seed = seed;
  }

  /**
   * One of them, in float32.
   *
   * @param name one of {@link TensorLayout#of}
   * @param arena what its memory belongs to
   */
  public HostTensor tensor(String name, Arena arena) {
    Shape shape = initial(name).shape();
    OutputTensor.Values values = values(name, DataType.F32);
    MemorySegment data = arena.allocate(shape.elements() * Float.BYTES, Float.BYTES);
    long parts = (shape.elements() + PART - 1) / PART;
    LongStream.range(0, parts)
        .parallel()
        .forEach(
            part -> {
              long first = part * PART;
              long count = Math.min(PART, shape.elements() - first);
              values.store(first, data.asSlice(first * Float.BYTES, count * Float.BYTES));
            });
    return new HostTensor(name, DataType.F32, shape, data);
  }

  /** All of them as a file has them. */
  List<OutputTensor> stored(DataType type) {
    return tensors.entrySet().stream()
        .map(
            tensor ->
                new OutputTensor(
                    TensorLayout.storedName(tensor.getKey()),
                    type,
                    tensor.getValue().shape(),
                    values(tensor.getKey(), type)))
        .toList();
  }

  private OutputTensor.Values values(String name, DataType type) {
    if (name.endsWith(".bias")) {
      return NormalValues.constant(0, type);
    }
    if (name.contains("ln_")) {
      return NormalValues.constant(1, type);
    }
    double deviation = name.endsWith("c_proj.weight") ? residualDeviation : DEVIATION;
    return new NormalValues(seed, initial(name).stream(), deviation, type);
  }

  private Initial initial(String name) {
    Initial initial = tensors.get(name);
    if (initial == null) {
      throw new NoSuchElementException("the model has no tensor " + name);
    }
    return initial;
  }
}
