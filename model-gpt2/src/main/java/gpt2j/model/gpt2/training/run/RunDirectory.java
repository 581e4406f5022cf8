package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.ProcessLock;
import gpt2j.model.gpt2.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a run:
 *
 * <pre>
 * settings.json    what the run was told, in the caller's words
 * metrics.jsonl    a line for each update and each evaluation
 * step-000500/     a checkpoint that transformers loads, with optimizer.safetensors, training.json
 * last, best       links to the newest checkpoint and to that with the lowest validation loss
 * </pre>
 *
 * A checkpoint is written under another name, which begins with a dot, and gets its own when all of
 * it is on the disk. So whatever is called {@code step-} is whole, whenever the process ends.
 */
public final class RunDirectory implements AutoCloseable {
  private static final String SETTINGS = "settings.json";

  private final Path path;
  private final Disk disk;
  private final SavedSteps steps;
  private final Optional<StateFile> newest;
  private @Nullable ProcessLock lock;

  private RunDirectory(
      Path path, Disk disk, Optional<StateFile> newest, @Nullable ProcessLock lock) {
    this.path = path;
    this.disk = disk;
    this.newest = newest;
    this.lock = lock;
    steps = new SavedSteps(path, disk);
  }

  /**
   * A directory for a new run. It is made by {@link #begin}.
   *
   * @param path a new directory, or an empty one
   * @throws RunException when there is something
   */
  public static RunDirectory create(Path path) {
    return create(path, new Disk());
  }

  static RunDirectory create(Path path, Disk disk) {
    if (Files.isDirectory(path)) {
      requireUnused(path);
    } else if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new RunException(path, "is a file; give a new directory");
    }
    requirePlace(path.toAbsolutePath().normalize());
    return new RunDirectory(path, disk, Optional.empty(), null);
  }

  /** What a process left that ended before it began a run is no run. */
  private static void requireUnused(Path path) {
    try (Stream<Path> content = Files.list(path)) {
      boolean unused =
          content.allMatch(file -> file.endsWith(ProcessLock.NAME) || SavedSteps.isLeftover(file));
      if (!unused) {
        throw new RunException(
            path, "isn't empty; give another --out, or go on with --resume " + path);
      }
    } catch (IOException e) {
      throw new RunException(path, "can't be read", e);
    }
  }

  /** Says at once that nothing can be written there, not after the model was loaded. */
  private static void requirePlace(Path path) {
    Path there = path;
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    if (there == null || !Files.isDirectory(there)) {
      throw new RunException(path, "can't be written: %s is not a directory".formatted(there));
    }
    if (!Files.isWritable(there)) {
      throw new RunException(path, "can't be written: %s: permission denied".formatted(there));
    }
  }

  /**
   * The directory of a run that is to go on, from its newest checkpoint, or from its beginning when
   * it has none yet. Until it is closed no other process can use it.
   *
   * @throws RunException when there is no run, or another process uses it
   */
  public static RunDirectory resume(Path path) {
    return resume(path, new Disk());
  }

  static RunDirectory resume(Path path, Disk disk) {
    if (!Files.isDirectory(path)) {
      throw new RunException(
          path, Files.exists(path) ? "is a file; give a run's directory" : "does not exist");
    }
    if (Files.exists(path.resolve(StateFile.NAME))) {
      throw new RunException(
          path,
          "is a checkpoint of a run; give the run's directory, or begin a new run from it with"
              + " --model");
    }
    if (!Files.exists(path.resolve(SETTINGS))) {
      throw new RunException(path, "holds no run: %s does not exist".formatted(SETTINGS));
    }
    // Before anything is read: what another process writes yet would be old by then.
    ProcessLock lock = lock(path);
    try {
      return new RunDirectory(path, disk, new SavedSteps(path, disk).newest(), lock);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * What {@link #begin} was given when the run began or was last resumed.
   *
   * @throws RunException when it can't be read
   */
  public byte[] settings() {
    Path file = path.resolve(SETTINGS);
    try {
      return Io.readSmall(file);
    } catch (IOException e) {
      throw new RunException(file, Io.explain(e));
    }
  }

  /** The file with a JSON object in a line for each update and each evaluation. */
  public Path metrics() {
    return path.resolve(Metrics.NAME);
  }

  /** How far the run has come. */
  public RunState state() {
    return newest.map(StateFile::state).orElse(RunState.BEGIN);
  }

  /** The checkpoint from which it goes on, if it has one. */
  public Optional<Path> newestCheckpoint() {
    return newest.map(file -> steps.directory(file.state().step()));
  }

  /**
   * Makes sure that what goes on is what began.
   *
   * @return the first hyperparameter that isn't what it was; nothing when all are
   * @throws RunException when the data is other data
   */
  public Optional<Change> change(Hyperparameters hyperparameters, TrainingData data) {
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    String identity = data.identity();
    if (!newest.get().data().equals(identity)) {
      throw new RunException(
          path,
          "was trained on other data (%s, these are %s); give that as --data, or begin a new run"
              .formatted(newest.get().data(), identity));
    }
    Map<String, JsonValue> before = newest.get().hyperparameters();
    return hyperparameters.values().entrySet().stream()
        .filter(now -> !now.getValue().equals(before.get(now.getKey())))
        .map(
            now -> new Change(now.getKey(), shown(before.get(now.getKey())), shown(now.getValue())))
        .findFirst();
  }

  private static String shown(@Nullable JsonValue value) {
    return value == null ? "none" : value.plain().orElse(value.toString());
  }

  /** A hyperparameter, that isn't what it was. */
  public record Change(String name, String before, String now) {}

  /**
   * Makes the directory, clears away what a process that ended early left, and stores the settings.
   * From now on no other process can use it.
   *
   * @param settings what {@link #settings} gives back
   * @throws RunException when it can't be written, or another process uses it
   */
  public void begin(byte[] settings) {
    try {
      if (lock == null) {
        Files.createDirectories(path);
        lock = lock(path);
        requireUnused(path); // still
      }
      steps.clean(state());
      disk.replace(path.resolve(SETTINGS), settings);
    } catch (IOException e) {
      close();
      throw RunException.unwritable(path, e);
    }
  }

  private static ProcessLock lock(Path path) {
    try {
      return ProcessLock.ofDirectory(path)
          .orElseThrow(
              () ->
                  new RunException(path, "another process trains there; wait until it has ended"));
    } catch (IOException e) {
      throw RunException.unwritable(path, e);
    }
  }

  /** The checkpoints. */
  SavedSteps steps() {
    return steps;
  }

  /** Lets other processes use the directory. */
  @Override
  public void close() {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }
}
