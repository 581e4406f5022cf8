package gpt2j.model.gpt2.training.run;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointLayout;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.memory.HostFloats;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsException;
import gpt2j.model.gpt2.safetensors.SafetensorsFile;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import gpt2j.model.gpt2.safetensors.StoredType;
import gpt2j.model.gpt2.safetensors.TensorEntry;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes the files of checkpoints, and reads back the optimiser's. */
final class CheckpointIo {
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final Map<String, String> METADATA = Map.of("format", "pt"); // for transformers
  private static final String FIRST = "first_moment.";
  private static final String SECOND = "second_moment.";

  private final Learner learner;
  private final Map<String, byte[]> tokenizer;

  /**
   * For the checkpoints of a run.
   *
   * @param tokenizer the tokenizer's files by name
   */
  CheckpointIo(Learner learner, Map<String, byte[]> tokenizer) {
    this.learner = learner;
    this.tokenizer = tokenizer;
  }

  /** There is nothing to be saved: a number isn't finite. The message says which. */
  static final class NonFiniteState extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NonFiniteState(String message) {
      super(message);
    }
  }

  /**
   * Writes all files of a checkpoint.
   *
   * @throws NonFiniteState when a parameter or a moment is NaN or infinite
   */
  void write(Disk disk, Path directory, StateFile file) throws IOException {
    disk.write(
        directory.resolve(CheckpointLayout.CONFIG), CheckpointLayout.configText(learner.config()));
    for (Map.Entry<String, byte[]> part : tokenizer.entrySet()) {
      disk.write(directory.resolve(part.getKey()), part.getValue());
    }
    try (Source source = new Source()) {
      disk.write(
          directory.resolve(CheckpointLayout.WEIGHTS),
          tensors(source.all(TrainingTensor.PARAMETER, TensorLayout::storedName)));
      List<OutputTensor> moments = source.all(TrainingTensor.FIRST_MOMENT, FIRST::concat);
      moments.addAll(source.all(TrainingTensor.SECOND_MOMENT, SECOND::concat));
      disk.write(directory.resolve(OPTIMIZER), tensors(moments));
    }
    disk.write(directory.resolve(StateFile.NAME), file.text());
  }

  /** A file of tensors, whose values are asked for in order by one thread. */
  private static Disk.Content tensors(List<OutputTensor> all) {
    return file -> SafetensorsWriter.write(file, all, METADATA, 1, fraction -> {});
  }

  /** Gives the values of one tensor after another, and keeps no more than one on the host. */
  private final class Source implements AutoCloseable {
    private @Nullable HostTensor current;
    private @Nullable Object key;
    private @Nullable Arena arena;

    List<OutputTensor> all(TrainingTensor kind, UnaryOperator<String> storedName) {
      List<OutputTensor> all = new ArrayList<>();
      learner
          .shapes(kind)
          .forEach(
              (name, shape) ->
                  all.add(
                      new OutputTensor(
                          storedName.apply(name),
                          DataType.F32,
                          shape,
                          (first, out) ->
                              MemorySegment.copy(
                                  read(kind, name).data(),
                                  first * Float.BYTES,
                                  out,
                                  0,
                                  out.byteSize()))));
      return all;
    }

    /** Called by the writer's one thread. */
    private HostTensor read(TrainingTensor kind, String name) {
      Object wanted = List.of(kind, name);
      if (current == null || !wanted.equals(key)) {
        close();
        arena = Arena.ofShared();
        current = learner.read(kind, name, arena);
        key = wanted;
        nonFinite(kind, current)
            .ifPresent(
                problem -> {
                  throw new NonFiniteState(problem);
                });
      }
      return current;
    }

    @Override
    public void close() {
      current = null;
      if (arena != null) {
        arena.close();
        arena = null;
      }
    }
  }

  private static Optional<String> nonFinite(TrainingTensor kind, HostTensor tensor) {
    OptionalLong index = HostFloats.firstNonFinite(tensor);
    return index.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s of %s has %s"
                .formatted(
                    kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    tensor.name(),
                    tensor.get(index.getAsLong())));
  }

  /**
   * Checks that a checkpoint can be read.
   *
   * @throws RunException when it is damaged
   */
  static void check(Path checkpoint) {
    try (Checkpoint _ = Checkpoint.open(checkpoint);
        SafetensorsFile _ = open(checkpoint.resolve(OPTIMIZER))) {
      // it opens
    } catch (CheckpointException e) {
      throw new RunException(e.getMessage());
    }
  }

  private static SafetensorsFile open(Path file) {
    try {
      return SafetensorsFile.open(file, file.toString());
    } catch (IOException e) {
      throw new RunException(file, Io.explain(e));
    } catch (SafetensorsException e) {
      throw new RunException(e.getMessage());
    }
  }

  /**
   * Gives the optimiser what a checkpoint has of it.
   *
   * @throws RunException when it isn't the optimiser of this model
   */
  void readOptimizer(Path checkpoint) {
    Path path = checkpoint.resolve(OPTIMIZER);
    try (SafetensorsFile file = open(path)) {
      read(path, file, TrainingTensor.FIRST_MOMENT, FIRST);
      read(path, file, TrainingTensor.SECOND_MOMENT, SECOND);
      file.requireUnchanged();
    } catch (IOException e) {
      throw new RunException(path, Io.explain(e));
    }
  }

  private void read(Path path, SafetensorsFile file, TrainingTensor kind, String prefix) {
    learner
        .shapes(kind)
        .forEach(
            (name, shape) -> {
              TensorEntry entry = file.tensors().get(prefix + name);
              boolean fits =
                  entry != null
                      && entry.type() == StoredType.F32
                      && entry.shape().equals(Optional.of(shape));
              if (!fits) {
                throw new RunException(
                    path, "has no F32 %s called %s".formatted(shape, prefix + name));
              }
              HostTensor tensor =
                  file.read(entry, name, e -> new RunException(path, Io.explain(e)));
              nonFinite(kind, tensor)
                  .ifPresent(
                      problem -> {
                        throw new RunException(path, problem);
                      });
              learner.write(kind, tensor);
            });
  }
}
