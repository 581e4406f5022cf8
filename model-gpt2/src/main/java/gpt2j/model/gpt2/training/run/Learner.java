package gpt2j.model.gpt2.training.run;

import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What a run trains, with the data it is trained on. */
interface Learner {
  /**
   * What an update did.
   *
   * @param loss mean over its tokens, before the update
   * @param gradientNorm before clipping
   * @param tokens how many counted
   */
  record Update(double loss, double gradientNorm, long tokens) {}

  Gpt2Config config();

  /**
   * Goes on after so many updates: their number decides which batches the next one takes, and what
   * dropout drops.
   */
  void resume(long updates);

  /** Does the next update. */
  Update update(double learningRate);

  /** The mean loss on the validation data, or on as many batches of it. */
  double evaluate(int batches);

  /** Operations per second of a large product of matrices now; 0 when there is no memory for it. */
  double peak();

  /**
   * Goes on with a text by the model as it is now.
   *
   * @param cancelled asked now and then
   * @throws java.util.concurrent.CancellationException when it says so
   */
  String generate(Routine.Sample sample, BooleanSupplier cancelled);

  /** Names and shapes of the model's parameters, or of the moments of those that are trained. */
  Map<String, Shape> shapes(TrainingTensor kind);

  /** Copies a tensor to the host, as F32. */
  HostTensor read(TrainingTensor kind, String name, Arena arena);

  /** Replaces a tensor. */
  void write(TrainingTensor kind, HostTensor tensor);
}
