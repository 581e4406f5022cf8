package gpt2j.model.gpt2.training;

import gpt2j.api.Backend;
import gpt2j.api.Lifetime;
import gpt2j.api.Step;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.InitialTensors;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.memory.HostInts;
import gpt2j.model.gpt2.memory.Locked;
import gpt2j.model.gpt2.memory.Resources;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * A GPT-2 in training: parameters, gradients, the optimiser's moments and all activations in a
 * backend's memory, allocated once. Passes and updates are recorded steps.
 *
 * <p>Equal parameters, options, batches and rates give equal losses, bit for bit, on one backend
 * with one number of threads. What {@link #restore} and {@link #write} bring back is all there is:
 * a model so restored goes on as if it had never stopped.
 *
 * <p>One thread at a time may call; any thread may {@link #close} it at any time, which lets the
 * pass or update under way end. The backend is the caller's: it is opened before the model and
 * closed after it. After closing, {@link IllegalStateException} says what is closed.
 *
 * <p>When its thread is interrupted, what runs passes or copies tensors ends before the next one
 * with a {@link CancellationException}; the thread stays interrupted.
 */
public final class TrainingModel implements AutoCloseable {
  private final Gpt2Config config;
  private final TrainingOptions options;
  private final Backend backend;
  private final Resources resources = new Resources();
  private final TrainingState state;
  private final TrainingActivations activations;
  private final Optimizer optimizer;
  private final Tensor scale; // [1]
  private final Tensor pass; // I32 [1]
  private final HostInts ints; // [n]
  private final Step forwardAndBackward;
  private final Step evaluation;
  private final Step update;
  private final Lifetime lifetime;
  private long updates;
  private int passes;

  /**
   * See {@link TrainingActivations} for {@code mostLogits}.
   *
   * @param initializer writes the parameters
   */
  TrainingModel(
      Gpt2Config config,
      TrainingOptions options,
      Backend backend,
      int mostLogits,
      Consumer<? super TrainingModel> initializer) {
    this.config = config;
    this.options = options;
    this.backend = backend;
    requireContext();
    backend.requireRoom(
        "training",
        TrainingState.bytes(config, options.biases())
            + TrainingActivations.bytes(config, options, mostLogits));
    lifetime = backend.lifetime(this, "training model");
    try {
      state = resources.add(new TrainingState(config, options.biases(), backend));
      activations = resources.add(new TrainingActivations(backend, config, options, mostLogits));
      optimizer = resources.add(new Optimizer(backend, state, options));
      scale = resources.add(backend.allocate(DataType.F32, Shape.of(1), Usage.IO));
      pass = resources.add(backend.allocate(DataType.I32, Shape.of(1), Usage.IO));
      ints = new HostInts(Arena.ofAuto(), options.rows());
      initializer.accept(this);
      forwardAndBackward = resources.add(backend.record("training", forwardAndBackward()));
      evaluation = resources.add(backend.record("evaluation", evaluation()));
      update = resources.add(backend.record("update", optimizer::run));
    } catch (RuntimeException | Error e) {
      lifetime.end();
      Locked.run(backend, () -> resources.closeAfter(e));
      throw e;
    }
  }

  private void requireContext() {
    if (options.sequenceLength() > config.contextLength()) {
      throw new IllegalArgumentException(
          "sequences of %d tokens are longer than the model's context of %d"
              .formatted(options.sequenceLength(), config.contextLength()));
    }
  }

  /**
   * A new model with the {@linkplain InitialTensors parameters that GPT-2 begins with}; they depend
   * on the configuration and the options' seed alone, not on the backend.
   *
   * @throws IllegalArgumentException when the sequence length is above the model's context
   * @throws UnsupportedException when the backend doesn't train
   * @throws gpt2j.api.OutOfMemoryException when it doesn't fit
   */
  public static TrainingModel random(Gpt2Config config, TrainingOptions options, Backend backend) {
    InitialTensors initial = new InitialTensors(config, options.seed());
    return open(
        config,
        options,
        backend,
        model -> {
          for (String name : TensorLayout.of(config).keySet()) {
            try (Arena arena = Arena.ofShared()) {
              model.write(TrainingTensor.PARAMETER, initial.tensor(name, arena));
            }
          }
        });
  }

  /**
   * A model that goes on from a checkpoint's parameters: for fine-tuning, or, with moments and
   * counters {@linkplain #restore restored}, for resuming. The checkpoint isn't needed afterwards.
   *
   * @throws gpt2j.model.gpt2.checkpoint.CheckpointException when a parameter is NaN or infinite
   * @throws IllegalArgumentException when the sequence length is above the model's context
   * @throws UnsupportedException when the backend doesn't train
   * @throws gpt2j.api.OutOfMemoryException when it doesn't fit
   */
  public static TrainingModel of(Checkpoint checkpoint, TrainingOptions options, Backend backend) {
    Gpt2Config config = checkpoint.config().withTieWordEmbeddings(checkpoint.hasTiedHead());
    return open(
        config,
        options,
        backend,
        model -> {
          for (String name : checkpoint.names()) {
            HostTensor tensor = checkpoint.tensor(name);
            checkpoint.requireFinite(tensor);
            model.write(TrainingTensor.PARAMETER, tensor);
          }
          checkpoint.requireUnchanged();
        });
  }

  private static TrainingModel open(
      Gpt2Config config,
      TrainingOptions options,
      Backend backend,
      Consumer<? super TrainingModel> initializer) {
    int mostLogits = TrainingActivations.MOST_LOGITS;
    return new TrainingModel(config, options, backend, mostLogits, initializer);
  }

  private Runnable forwardAndBackward() {
    Dropouts dropouts = Dropouts.of(options, pass);
    ParameterTensors weights = state.weights();
    ParameterTensors gradients = state.gradients();
    TrainingForward forward =
        new TrainingForward(config, weights, dropouts, options.sequenceLength(), backend);
    TrainingHead head = new TrainingHead(weights, gradients, backend);
    TrainingBackward backward =
        new TrainingBackward(config, weights, gradients, dropouts, options, backend);
    return () -> {
      forward.run(activations);
      head.forwardAndBackward(activations, scale);
      backward.run(activations);
    };
  }

  private Runnable evaluation() {
    ParameterTensors weights = state.weights();
    TrainingForward forward =
        new TrainingForward(config, weights, Dropouts.none(), options.sequenceLength(), backend);
    TrainingHead head = new TrainingHead(weights, state.gradients(), backend);
    return () -> {
      forward.run(activations);
      head.forward(activations, scale);
    };
  }

  /** What the model is; its head is tied if the parameters it began with had none of its own. */
  public Gpt2Config config() {
    return config;
  }

  public TrainingOptions options() {
    return options;
  }

  /** Where everything lies. */
  public Backend backend() {
    return backend;
  }

  /**
   * One update from one or more micro-batches: by the gradient of the mean loss of all their
   * targets that count, as if they were one batch.
   *
   * @param batches micro-batches of B·T tokens each
   * @param rate the learning rate of this update
   * @throws IllegalArgumentException as {@link #accumulate} does, and when no target counts
   * @throws CancellationException when the thread is interrupted; what was accumulated is dropped,
   *     and nothing else has changed
   */
  public TrainingStep trainStep(List<TrainingBatch> batches, double rate) {
    int targets = batches.stream().mapToInt(TrainingBatch::countedTargets).sum();
    if (targets == 0) {
      throw new IllegalArgumentException("no target of the batch counts");
    }
    batches.forEach(this::check);
    requireRate(rate);
    int before = passes;
    try {
      Loss loss = Loss.NONE;
      for (TrainingBatch batch : batches) {
        loss = loss.plus(accumulate(batch, 1f / targets));
      }
      return new TrainingStep(loss, update(rate));
    } catch (CancellationException e) {
      Locked.run(backend, state::zeroGradients);
      passes = before;
      throw e;
    }
  }

  /**
   * Forward and backward pass of a micro-batch; its gradients are added to those of others since
   * the last update.
   *
   * @param batch B·T tokens and targets
   * @param scale what each target's gradient is multiplied by: one over the number of targets that
   *     count in all micro-batches of the update
   * @return the loss, not scaled
   * @throws IllegalArgumentException when the batch has another size, or tokens or targets outside
   *     the vocabulary
   */
  public Loss accumulate(TrainingBatch batch, float scale) {
    check(batch);
    return run(forwardAndBackward, batch, scale, 1);
  }

  /** Without dropout, and without any trace: the loss of a micro-batch. */
  public Loss evaluate(TrainingBatch batch) {
    check(batch);
    return run(evaluation, batch, 0, 0);
  }

  /**
   * Clips what was accumulated and updates the parameters by it; then gradients are zero.
   *
   * @param rate the learning rate of this update
   * @return the Euclidean norm of all gradients together, before clipping
   * @throws IllegalArgumentException when the rate is negative or not finite
   */
  public double update(double rate) {
    requireRate(rate);
    return Locked.getPiece(
        backend,
        () -> {
          lifetime.requireOpen();
          updates++;
          optimizer.schedule(rate, updates);
          update.run();
          return (double) optimizer.norm();
        });
  }

  private static void requireRate(double rate) {
    if (!(rate >= 0) || rate == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException("a learning rate is a number from 0 on, not " + rate);
    }
  }

  private Loss run(Step step, TrainingBatch batch, float gradientScale, int counted) {
    float[] losses =
        Locked.getPiece(
            backend,
            () -> {
              lifetime.requireOpen();
              passes += counted;
              write(activations.tokens(), batch.inputs());
              write(activations.targets(), batch.targets());
              write(pass, passes);
              HostFloats.write(backend, scale, new float[] {gradientScale});
              step.run();
              return HostFloats.read(backend, activations.losses());
            });
    double sum = 0;
    for (float loss : losses) {
      sum += loss;
    }
    return new Loss(sum, batch.countedTargets());
  }

  private void write(Tensor to, int... values) {
    for (int i = 0; i < values.length; i++) {
      ints.set(i, values[i]);
    }
    backend.write(to, ints.first(values.length));
  }

  private void check(TrainingBatch batch) {
    if (batch.inputs().length != options.rows() || batch.targets().length != options.rows()) {
      throw new IllegalArgumentException(
          "a batch has %d·%d tokens and as many targets, not %d and %d"
              .formatted(
                  options.batchSize(),
                  options.sequenceLength(),
                  batch.inputs().length,
                  batch.targets().length));
    }
    batch.requireVocabulary(config.vocabularySize());
  }

  /** How many updates there have been since the start of training, also before resuming. */
  public long updates() {
    return updates;
  }

  /** How many micro-batches have been accumulated since the start of training. */
  public int passes() {
    return passes;
  }

  /**
   * Sets the counters that AdamW and dropout depend on, when resuming.
   *
   * @param updates see {@link #updates()}
   * @param passes see {@link #passes()}
   */
  public void restore(long updates, int passes) {
    if (updates < 0 || passes < 0) {
      throw new IllegalArgumentException(
          "counters are not negative: %d updates, %d passes".formatted(updates, passes));
    }
    this.updates = updates;
    this.passes = passes;
  }

  /**
   * The names and shapes of all tensors of a kind, in the checkpoint's order. Parameters that
   * aren't trained have no gradient and no moments.
   */
  public Map<String, Shape> shapes(TrainingTensor kind) {
    return state.shapes(kind);
  }

  /**
   * Waits and copies a tensor to the host, as F32.
   *
   * @param arena what the copy belongs to
   * @throws NoSuchElementException when {@link #shapes} doesn't have the name
   */
  public HostTensor read(TrainingTensor kind, String name, Arena arena) {
    return Locked.getPiece(
        backend,
        () -> {
          lifetime.requireOpen();
          return state.read(kind, name, arena);
        });
  }

  /**
   * Replaces a tensor.
   *
   * @param tensor F32, F16 or BF16 of the same name and shape
   * @throws NoSuchElementException when {@link #shapes} doesn't have the name
   * @throws IllegalArgumentException when it has another shape or type
   */
  public void write(TrainingTensor kind, HostTensor tensor) {
    Locked.runPiece(
        backend,
        () -> {
          lifetime.requireOpen();
          state.write(kind, tensor);
        });
  }

  /** Gives all memory back. Twice does nothing. */
  @Override
  public void close() {
    if (lifetime.end()) {
      Locked.run(backend, resources::close);
    }
  }
}
