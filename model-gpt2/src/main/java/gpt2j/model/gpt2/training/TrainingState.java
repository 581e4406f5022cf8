package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A model's parameters in a backend's memory, their gradients and AdamW's moments, by name in the
 * checkpoint's order. Parameters that aren't trained have the values alone.
 */
final class TrainingState implements AutoCloseable {
  private final Resources resources = new Resources();
  private final Backend backend;
  private final Map<TrainingTensor, Map<String, Tensor>> tensors =
      new EnumMap<>(TrainingTensor.class);
  private final ParameterTensors weights;
  private final ParameterTensors gradients;
  private final @Nullable Tensor unused; // [C]

  TrainingState(Gpt2Config config, TrainedBiases biases, Backend backend) {
    this.backend = backend;
    try {
      for (TrainingTensor kind : TrainingTensor.values()) {
        Map<String, Tensor> byName = new LinkedHashMap<>();
        TensorLayout.of(config)
            .forEach(
                (name, shape) -> {
                  if (kind == TrainingTensor.PARAMETER || biases.trains(name)) {
                    byName.put(name, allocate(kind, shape));
                  }
                });
        tensors.put(kind, Collections.unmodifiableMap(byName));
      }
      unused =
          biases == TrainedBiases.NONE
              ? allocate(TrainingTensor.GRADIENT, Shape.of(config.embeddingWidth()))
              : null;
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
    weights = ParameterTensors.of(config, of(TrainingTensor.PARAMETER)::get);
    gradients = ParameterTensors.of(config, this::gradient);
  }

  /** Bytes of all of them. */
  static long bytes(Gpt2Config config, TrainedBiases biases) {
    long elements = biases == TrainedBiases.NONE ? config.embeddingWidth() : 0;
    for (Map.Entry<String, Shape> tensor : TensorLayout.of(config).entrySet()) {
      int kinds = biases.trains(tensor.getKey()) ? TrainingTensor.values().length : 1;
      elements += kinds * tensor.getValue().elements();
    }
    return elements * Float.BYTES;
  }

  private Tensor allocate(TrainingTensor kind, Shape shape) {
    Usage usage = kind == TrainingTensor.PARAMETER ? Usage.WEIGHTS : Usage.TRAINING;
    Tensor tensor = resources.add(backend.allocate(DataType.F32, shape, usage));
    if (kind != TrainingTensor.PARAMETER) {
      backend.training().zero(tensor);
    }
    return tensor;
  }

  private @Nullable Tensor gradient(String name) {
    Tensor gradient = of(TrainingTensor.GRADIENT).get(name);
    boolean unwanted = gradient == null && name.contains("ln_");
    return unwanted ? unused : gradient;
  }

  /** All tensors of a kind, by name. */
  Map<String, Tensor> of(TrainingTensor kind) {
    return tensors.get(kind);
  }

  /**
   * One of them.
   *
   * @throws NoSuchElementException when there is none
   */
  Tensor get(TrainingTensor kind, String name) {
    Tensor tensor = of(kind).get(name);
    if (tensor == null) {
      throw new NoSuchElementException("there is no %s of %s".formatted(kind, name));
    }
    return tensor;
  }

  /** Names and shapes of a kind. */
  Map<String, Shape> shapes(TrainingTensor kind) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    of(kind).forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return Collections.unmodifiableMap(shapes);
  }

  /** Waits and copies one to the host. */
  HostTensor read(TrainingTensor kind, String name, Arena arena) {
    Tensor tensor = get(kind, name);
    MemorySegment data = arena.allocate(tensor.bytes(), Float.BYTES);
    backend.read(tensor, data);
    return new HostTensor(name, DataType.F32, tensor.shape(), data);
  }

  /** Replaces one, widened to float32. */
  void write(TrainingTensor kind, HostTensor from) {
    Tensor to = get(kind, from.name());
    if (!from.shape().equals(to.shape()) || from.type() == DataType.I32) {
      throw new IllegalArgumentException(
          "%s of %s must be floating-point numbers %s, not %s %s"
              .formatted(kind, from.name(), to.shape(), from.type(), from.shape()));
    }
    if (from.type() == DataType.F32) {
      try (Arena arena = Arena.ofShared()) {
        backend.write(to, from.inMemory(arena).data());
      }
      return;
    }
    float[] values = new float[Math.toIntExact(from.shape().elements())];
    from.copyTo(0, values, 0, values.length);
    HostFloats.write(backend, to, values);
  }

  /** Drops what was accumulated. */
  void zeroGradients() {
    of(TrainingTensor.GRADIENT).values().forEach(backend.training()::zero);
    unused().forEach(backend.training()::zero);
  }

  ParameterTensors weights() {
    return weights;
  }

  /**
   * Where backward passes add gradients. All biases of layer norms that aren't trained have one
   * tensor, {@link #unused}, since the operation asks for one; those of linear layers have none.
   */
  ParameterTensors gradients() {
    return gradients;
  }

  /** Where gradients go that nobody wants; to be zeroed now and then, lest it overflows. */
  List<Tensor> unused() {
    return unused == null ? List.of() : List.of(unused);
  }

  @Override
  public void close() {
    resources.close();
  }
}
