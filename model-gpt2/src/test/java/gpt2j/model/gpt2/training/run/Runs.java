package gpt2j.model.gpt2.training.run;

import gpt2j.api.training.AdamW;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.data.TokenSequence;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.FaultyDisk;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.training.TrainedBiases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Runs of 9 steps of a {@link FakeLearner}, and what they leave. */
final class Runs {
  static final Hyperparameters RECIPE = hyperparameters(5);
  static final TrainingData DATA = data(1, 2, 3);

  private static final byte[] SETTINGS = "{}".getBytes(StandardCharsets.UTF_8);
  private static final int STEPS = 9;

  private final Path path;
  private final FakeLearner learner = new FakeLearner();
  private final AtomicLong clock = new AtomicLong();
  private Disk disk = FaultyDisk.counting();
  private Optional<Duration> maxTime = Optional.empty();
  private int patience;
  private int stop = Integer.MAX_VALUE;

  Runs(Path path) {
    this.path = path;
  }

  static Hyperparameters hyperparameters(long seed) {
    return new Hyperparameters(
        new Hyperparameters.BatchShape(2, 3, 1, 0),
        new LearningRate(0.01, 0.001, 3, STEPS),
        new AdamW(0.9f, 0.95f, 1e-8f, 0.1f),
        1,
        0,
        TrainedBiases.ALL,
        seed);
  }

  static TrainingData data(int... tokens) {
    TokenSequence sequence = TokenSequence.of(tokens);
    return new TrainingData(
        sequence,
        sequence,
        Tokenizer.gpt2(),
        Map.of("tokenizer.json", "{\"some\": 1}".getBytes(StandardCharsets.UTF_8)));
  }

  FakeLearner learner() {
    return learner;
  }

  Runs disk(Disk other) {
    disk = other;
    return this;
  }

  Runs patience(int evaluations) {
    patience = evaluations;
    return this;
  }

  Runs maxTime(Duration time) {
    maxTime = Optional.of(time);
    return this;
  }

  /** Asks for an end while step {@code step} is under way. */
  Runs stoppingBefore(int step) {
    stop = step;
    return this;
  }

  /** A new run. */
  Outcome run() {
    try (RunDirectory directory = RunDirectory.create(path, disk)) {
      return run(directory);
    }
  }

  /** The same, when it is to come to its end. */
  Outcome finish() {
    return run();
  }

  Outcome resume() {
    try (RunDirectory directory = RunDirectory.resume(path, disk)) {
      return run(directory);
    }
  }

  /** What a user does after a crash. */
  Outcome beginOrResume() throws IOException {
    if (Files.exists(path.resolve("settings.json"))) {
      return resume();
    }
    new Disk().delete(path);
    return run();
  }

  private Outcome run(RunDirectory directory) {
    directory
        .newestCheckpoint()
        .ifPresent(
            newest -> {
              try (Checkpoint checkpoint = Checkpoint.open(newest)) {
                learner.load(checkpoint);
              }
            });
    Routine routine =
        new Routine(
            STEPS, maxTime, 4, 1, patience, 3, 2, Optional.of(new Routine.Sample(List.of(1), 3)));
    TrainingLoop loop =
        new TrainingLoop(
            learner,
            RECIPE,
            routine,
            directory,
            DATA.identity(),
            DATA.tokenizerFiles(),
            new Speed(1, 1),
            event -> {},
            () -> clock.addAndGet(200_000_000));
    if (stop < Integer.MAX_VALUE) {
      AtomicInteger updates = new AtomicInteger();
      learner.beforeUpdates(
          () -> {
            if (updates.incrementAndGet() == stop) {
              loop.stop();
            }
          });
    }
    directory.begin(SETTINGS);
    return loop.run();
  }

  /**
   * What a run leaves, without times.
   *
   * @param updates lines of metrics
   * @param evaluations lines of metrics
   * @param files the checkpoints' files with what they hold
   */
  record Trace(
      List<String> updates, List<String> evaluations, String best, Map<String, String> files) {
    private static final Pattern STEP = Pattern.compile("\\{\"step\":(\\d+),.*");
    private static final Pattern TIMES = Pattern.compile(",\"seconds\":.*}|\"seconds\": .*");

    static Trace of(Path run) {
      try {
        List<String> updates = new ArrayList<>();
        List<String> evaluations = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
          if (line.contains("\"loss\"")) {
            updates.add(TIMES.matcher(line).replaceAll(""));
          } else if (line.contains("validation")) {
            evaluations.add(line);
          }
        }
        return new Trace(
            updates,
            evaluations,
            Files.readSymbolicLink(run.resolve("best")).toString(),
            files(run));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static Map<String, String> files(Path run) throws IOException {
      Map<String, String> files = new TreeMap<>();
      try (Stream<Path> all = Files.walk(run)) {
        for (Path file : all.filter(Files::isRegularFile).toList()) {
          String name = run.relativize(file).toString();
          if (!name.equals("metrics.jsonl")) {
            files.put(name, content(file));
          }
        }
      }
      return files;
    }

    private static String content(Path file) throws IOException {
      byte[] content = Files.readAllBytes(file);
      return file.toString().endsWith(".json")
          ? TIMES.matcher(new String(content, StandardCharsets.UTF_8)).replaceAll("")
          : Integer.toHexString(Arrays.hashCode(content));
    }

    List<Long> steps() {
      return updates.stream().map(Trace::step).toList();
    }

    List<Long> evaluated() {
      return evaluations.stream().map(Trace::step).toList();
    }

    private static long step(String line) {
      Matcher matcher = STEP.matcher(line);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(line);
      }
      return Long.parseLong(matcher.group(1));
    }

    List<String> checkpoints() {
      return files.keySet().stream()
          .filter(name -> name.startsWith("step-"))
          .map(name -> name.substring(0, name.indexOf('/')))
          .distinct()
          .toList();
    }

    /** Where a run was stopped decides which checkpoints there are beside the last and the best. */
    Trace withoutCheckpoints() {
      String last = checkpoints().getLast();
      Map<String, String> kept = new TreeMap<>(files);
      kept.keySet().removeIf(name -> name.startsWith("step-") && !name.startsWith(last));
      return new Trace(updates, evaluations, best, kept);
    }
  }
}
