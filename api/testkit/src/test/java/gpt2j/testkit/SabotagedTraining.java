package gpt2j.testkit;

import static gpt2j.testkit.SabotagedTensors.floats;
import static gpt2j.testkit.SabotagedTensors.setFloats;

import gpt2j.api.Backend;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.training.TrainingOperations;
import gpt2j.spi.ForwardingBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Bugs in training: those that any operation may have, and all others. */
final class SabotagedTraining {
  private SabotagedTraining() {}

  static List<Sabotage> all() {
    return Stream.of(
            general(),
            SabotagedTrainingRows.all(),
            SabotagedTrainingProducts.all(),
            SabotagedTrainingAttention.all(),
            SabotagedOptimizer.all())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Sabotage> general() {
    Class<TrainingStepContract> steps = TrainingStepContract.class;
    return List.of(
        Sabotage.of(
            "training: recording runs", steps, b -> SabotagedBackends.steps(b, true, false)),
        Sabotage.of(
            "training: steps run once", steps, b -> SabotagedBackends.steps(b, false, true)),
        Sabotage.of("training: denied quietly", TrainingEmbedContract.class, Denied::new),
        bug(
            "training: arguments not checked",
            TrainingArgumentContract.class,
            (b, to) -> mute(to)));
  }

  private static final class Denied extends ForwardingBackend {
    Denied(Backend to) {
      super(to);
    }

    @Override
    public TrainingOperations training() {
      throw new UnsupportedException("no training here");
    }
  }

  private static TrainingOperations mute(TrainingOperations to) {
    return (TrainingOperations)
        Proxy.newProxyInstance(
            TrainingOperations.class.getClassLoader(),
            new Class<?>[] {TrainingOperations.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(to, arguments);
              } catch (InvocationTargetException e) {
                return null;
              }
            });
  }

  /** A backend whose operations are changed. */
  static Sabotage bug(
      String name,
      Class<? extends Part> part,
      BiFunction<Backend, TrainingOperations, TrainingOperations> make) {
    return Sabotage.of(
        name,
        part,
        backend ->
            new ForwardingBackend(backend) {
              private final TrainingOperations operations = make.apply(to, to.training());

              @Override
              public TrainingOperations training() {
                return operations;
              }
            });
  }

  static Tensor copy(Backend backend, Tensor tensor) {
    Tensor copy = backend.allocate(tensor.type(), tensor.shape(), Usage.ACTIVATION);
    setFloats(backend, copy, floats(backend, tensor));
    return copy;
  }

  static Tensor filled(Backend backend, Tensor like, float value) {
    Tensor copy = backend.allocate(like.type(), like.shape(), Usage.ACTIVATION);
    fill(backend, copy, value);
    return copy;
  }

  static void fill(Backend backend, Tensor tensor, float value) {
    float[] values = floats(backend, tensor);
    Arrays.fill(values, value);
    setFloats(backend, tensor, values);
  }

  static void change(Backend backend, Tensor tensor, UnaryOperator<Float> change) {
    float[] values = floats(backend, tensor);
    for (int i = 0; i < values.length; i++) {
      values[i] = change.apply(values[i]);
    }
    setFloats(backend, tensor, values);
  }

  /** Adds what {@code store} stores. */
  static void added(Backend backend, Tensor tensor, Consumer<Tensor> store) {
    float[] sums = floats(backend, tensor);
    store.accept(tensor);
    float[] values = floats(backend, tensor);
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[i];
    }
    setFloats(backend, tensor, sums);
  }
}
