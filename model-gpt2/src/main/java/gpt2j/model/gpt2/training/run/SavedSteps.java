package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.files.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkpoints in a run's directory. */
final class SavedSteps {
  private static final String PARTIAL = ".partial";

  private static final String OLD = ".old";
  private static final String LAST = "last";
  private static final String BEST = "best";
  private static final Pattern STEP = Pattern.compile("step-(\\d{6,18})");

  private final Path run;
  private final Disk disk;

  SavedSteps(Path run, Disk disk) {
    this.run = run;
    this.disk = disk;
  }

  /** Where the checkpoint of a step is, or would be. */
  Path directory(long step) {
    return run.resolve(String.format(Locale.ROOT, "step-%06d", step));
  }

  /** The best checkpoint, if there is one. */
  Optional<Path> best() {
    Path link = run.resolve(BEST);
    return Files.exists(link) ? Optional.of(link) : Optional.empty();
  }

  /**
   * What the newest checkpoint says of the run.
   *
   * @throws RunException when it is damaged
   */
  Optional<StateFile> newest() {
    List<Path> all = all();
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Path newest = all.getLast();
    try {
      StateFile file = StateFile.read(newest);
      if (file.state().step() != step(newest)) {
        throw new RunException(
            newest.resolve(StateFile.NAME), "is of step %d".formatted(file.state().step()));
      }
      CheckpointIo.check(newest);
      return Optional.of(file);
    } catch (RunException e) {
      throw new RunException(e.getMessage() + "; " + remedy(all));
    }
  }

  /** What to do about a newest checkpoint that is damaged. */
  private static String remedy(List<Path> all) {
    return all.size() == 1
        ? "there is no other checkpoint to go on from"
        : "to go on from %s, delete %s"
            .formatted(all.get(all.size() - 2).getFileName(), all.getLast().getFileName());
  }

  /** All checkpoints, by step. */
  private List<Path> all() {
    try (Stream<Path> content = Files.list(run)) {
      return content
          .filter(path -> step(path) >= 0)
          .sorted(Comparator.comparingLong(SavedSteps::step))
          .toList();
    } catch (IOException e) {
      throw new RunException(run, "can't be read", e);
    }
  }

  private static long step(Path checkpoint) {
    Matcher name = STEP.matcher(checkpoint.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  /**
   * Deletes what a process that ended early left, and sets the links if it didn't come to that.
   *
   * @param state of the newest checkpoint
   */
  void clean(RunState state) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> content = Files.list(run)) {
      leftovers = content.filter(SavedSteps::isLeftover).toList();
    }
    for (Path leftover : leftovers) {
      disk.delete(leftover);
    }
    if (state.step() > 0) {
      link(state);
    }
  }

  /** Whether a process that ended early left it. */
  static boolean isLeftover(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith(".") && (name.endsWith(PARTIAL) || name.endsWith(OLD));
  }

  /**
   * Writes a checkpoint, and deletes those that are no longer wanted.
   *
   * @param keep how many are kept, beside the best
   * @return where it is
   */
  Path save(CheckpointIo checkpoint, StateFile file, int keep) throws IOException {
    Path target = directory(file.state().step());
    Path partial = Disk.hidden(target, PARTIAL);
    try {
      disk.delete(partial);
      disk.createDirectory(partial);
      checkpoint.write(disk, partial, file);
      disk.force(partial);
      disk.move(partial, target);
    } catch (IOException | RuntimeException e) {
      disk.discard(partial, e);
      throw e;
    }
    disk.force(run);
    link(file.state());
    prune(file.state(), keep);
    return target;
  }

  private void link(RunState state) throws IOException {
    link(LAST, directory(state.step()));
    if (state.best().isPresent()) {
      link(BEST, directory(state.best().get().step()));
    }
    disk.force(run);
  }

  private void link(String name, Path checkpoint) throws IOException {
    Path link = run.resolve(name);
    boolean isSet =
        Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(checkpoint.getFileName());
    if (!isSet && Files.isDirectory(checkpoint)) {
      Path partial = Disk.hidden(link, PARTIAL);
      disk.delete(partial);
      disk.link(partial, checkpoint);
      disk.move(partial, link);
    }
  }

  /** Deletes all checkpoints but the best and the {@code keep} newest. */
  void prune(RunState state, int keep) throws IOException {
    List<Path> all = all();
    List<Path> old = new ArrayList<>(all.subList(0, Math.max(0, all.size() - keep)));
    state.best().ifPresent(best -> old.remove(directory(best.step())));
    for (Path checkpoint : old) {
      // Under another name first: half of a checkpoint must not look like one.
      Path hidden = Disk.hidden(checkpoint, OLD);
      disk.delete(hidden);
      disk.move(checkpoint, hidden);
      disk.delete(hidden);
    }
  }
}
