package gpt2j.model.gpt2.training.run;

import gpt2j.api.OutOfMemoryException;
import gpt2j.api.SamplingParameters;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.Generation;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.data.Batches;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.training.Loss;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingStep;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** A GPT-2 in training, its batches and its tokenizer. */
final class Gpt2Learner implements Learner {
  private static final SamplingParameters SAMPLING =
      SamplingParameters.random(0).withTemperature(0.8f).withTopK(40);

  private final TrainingModel model;
  private final Batches training;
  private final Batches validation;
  private final Tokenizer tokenizer;
  private final List<TrainingBatch> room;

  /**
   * A learner.
   *
   * @param accumulation batches of an update
   */
  Gpt2Learner(
      TrainingModel model,
      Batches training,
      Batches validation,
      int accumulation,
      Tokenizer tokenizer) {
    this.model = model;
    this.training = training;
    this.validation = validation;
    this.tokenizer = tokenizer;
    int tokens = model.options().rows();
    room =
        IntStream.range(0, accumulation)
            .mapToObj(_ -> new TrainingBatch(new int[tokens], new int[tokens]))
            .toList();
  }

  @Override
  public Gpt2Config config() {
    return model.config();
  }

  @Override
  public void resume(long updates) {
    model.restore(updates, Math.toIntExact(updates * room.size()));
  }

  @Override
  public Update update(double learningRate) {
    long first = model.passes();
    for (int i = 0; i < room.size(); i++) {
      training.fill(first + i, room.get(i).inputs(), room.get(i).targets());
    }
    TrainingStep step = model.trainStep(room, learningRate);
    return new Update(step.loss().mean(), step.gradientNorm(), step.loss().targets());
  }

  @Override
  public double evaluate(int batches) {
    TrainingBatch batch = room.getFirst();
    Loss loss = Loss.NONE;
    for (long i = 0; i < Math.min(batches, validation.perPass()); i++) {
      validation.fill(i, batch.inputs(), batch.targets());
      loss = loss.plus(model.evaluate(batch));
    }
    return loss.mean();
  }

  @Override
  public double peak() {
    try {
      return Speed.peak(model.backend());
    } catch (OutOfMemoryException full) {
      return 0;
    }
  }

  @Override
  public String generate(Routine.Sample sample, BooleanSupplier cancelled) {
    try (Checkpoint now = Checkpoint.of(config(), this::parameter);
        Gpt2 gpt2 = Gpt2.load(now, tokenizer, model.backend(), LoadOptions.defaults());
        Generation generation = gpt2.start(request(sample))) {
      while (generation.hasNext()) {
        if (cancelled.getAsBoolean()) {
          throw new CancellationException();
        }
        generation.next();
      }
      return generation.completions().getFirst().text();
    }
  }

  private static GenerationRequest request(Routine.Sample sample) {
    int[] prompt = sample.prompt().stream().mapToInt(Integer::intValue).toArray();
    return GenerationRequest.of(Prompt.of(prompt))
        .withMaxNewTokens(sample.tokens())
        .withSampling(SAMPLING)
        .withContextOverflow(ContextOverflow.STOP);
  }

  /** A copy on the host, which lives as long as it is used. */
  private HostTensor parameter(String name) {
    return read(TrainingTensor.PARAMETER, name, Arena.ofAuto());
  }

  @Override
  public Map<String, Shape> shapes(TrainingTensor kind) {
    return model.shapes(kind);
  }

  @Override
  public HostTensor read(TrainingTensor kind, String name, Arena arena) {
    return model.read(kind, name, arena);
  }

  @Override
  public void write(TrainingTensor kind, HostTensor tensor) {
    model.write(kind, tensor);
  }
}
