package gpt2j.model.gpt2.training.run;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleUnaryOperator;

/** Something that learns nothing, whose every loss depends on all that was done to it before. */
final class FakeLearner implements Learner {
  private final Gpt2Config config =
      Gpt2Config.builder()
          .vocabularySize(3)
          .contextLength(4)
          .embeddingWidth(2)
          .layers(1)
          .heads(1)
          .build();
  private final Map<TrainingTensor, Map<String, float[]>> values =
      new EnumMap<>(TrainingTensor.class);
  private DoubleUnaryOperator validation = loss -> loss;
  private Runnable beforeUpdate = () -> {};
  private long updates;

  FakeLearner() {
    for (TrainingTensor kind : TrainingTensor.values()) {
      Map<String, float[]> byName = new LinkedHashMap<>();
      TensorLayout.of(config)
          .forEach((name, shape) -> byName.put(name, new float[(int) shape.elements()]));
      values.put(kind, byName);
    }
  }

  /** Changes the losses of evaluations. */
  FakeLearner validating(DoubleUnaryOperator change) {
    validation = change;
    return this;
  }

  /** Does something before each update. */
  FakeLearner beforeUpdates(Runnable action) {
    beforeUpdate = action;
    return this;
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public void resume(long updates) {
    this.updates = updates;
  }

  @Override
  public Update update(double learningRate) {
    beforeUpdate.run();
    long update = ++updates;
    double loss = loss();
    values
        .get(TrainingTensor.PARAMETER)
        .forEach(
            (name, parameter) -> {
              float[] first = values.get(TrainingTensor.FIRST_MOMENT).get(name);
              float[] second = values.get(TrainingTensor.SECOND_MOMENT).get(name);
              for (int i = 0; i < parameter.length; i++) {
                float gradient = (float) Math.sin(update * 31 + i * 7 + name.hashCode() % 100);
                first[i] = 0.9f * first[i] + gradient;
                second[i] = 0.95f * second[i] + gradient * gradient;
                parameter[i] -= (float) learningRate * first[i] / (1 + second[i]);
              }
            });
    return new Update(loss, Math.abs(loss), 6);
  }

  private double loss() {
    double sum = 10;
    for (float[] tensor : values.get(TrainingTensor.PARAMETER).values()) {
      for (int i = 0; i < tensor.length; i++) {
        sum += tensor[i] * (i + 1);
      }
    }
    return sum;
  }

  @Override
  public double evaluate(int batches) {
    return validation.applyAsDouble(loss());
  }

  @Override
  public double peak() {
    return 1;
  }

  @Override
  public String generate(Routine.Sample sample, BooleanSupplier cancelled) {
    return "after loss " + loss();
  }

  @Override
  public Map<String, Shape> shapes(TrainingTensor kind) {
    return TensorLayout.of(config);
  }

  @Override
  public HostTensor read(TrainingTensor kind, String name, Arena arena) {
    return HostTensor.of(
        name, TensorLayout.of(config).get(name), values.get(kind).get(name).clone());
  }

  @Override
  public void write(TrainingTensor kind, HostTensor tensor) {
    float[] to = values.get(kind).get(tensor.name());
    tensor.copyTo(0, to, 0, to.length);
  }

  /** Makes all losses from now on no number. */
  void spoil() {
    spoil(TrainingTensor.PARAMETER, Float.NaN);
  }

  /** Puts a value into a tensor. */
  void spoil(TrainingTensor kind, float value) {
    values.get(kind).get("wte.weight")[0] = value;
  }

  /** Takes the parameters of a checkpoint, as the model does. */
  void load(Checkpoint checkpoint) {
    checkpoint.names().forEach(name -> write(TrainingTensor.PARAMETER, checkpoint.tensor(name)));
  }
}
