package gpt2j.integration;

import gpt2j.api.training.AdamW;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainedBiases;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A small checkpoint and how PyTorch trains it; {@code src/test/python/golden_training.py} wrote
 * both and says what the tensors are.
 */
final class TrainingGolden {
  /** A folder of further ones, too large to be kept. */
  private static final String LARGE = "gpt2j.training.golden";

  private final Path folder;
  private final Expected expected;

  private TrainingGolden(Path folder) {
    this.folder = folder;
    expected = new Expected(folder.resolve("expected.safetensors"));
  }

  /** Those that are kept, by name. */
  static List<TrainingGolden> all() {
    return in(Golden.resource("training"));
  }

  /** Those in the folder that a system property names, if it does. */
  static List<TrainingGolden> large() {
    String folder = System.getProperty(LARGE);
    return folder == null ? List.of() : in(Path.of(folder));
  }

  private static List<TrainingGolden> in(Path parent) {
    try (Stream<Path> folders = Files.list(parent)) {
      return folders.sorted().map(TrainingGolden::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The checkpoint. */
  Path folder() {
    return folder;
  }

  TrainingOptions options(Recompute recompute) {
    int[] batch = expected.ints("batch");
    double[] settings = expected.doubles("settings");
    AdamW adamW =
        new AdamW(
            (float) settings[1], (float) settings[2], (float) settings[3], (float) settings[4]);
    return TrainingOptions.of(batch[0], batch[1])
        .withDropout((float) settings[0])
        .withSeed(expected.longs("seed")[0])
        .withAdamW(adamW)
        .withMaximumNorm((float) settings[5])
        .withBiases(
            switch (expected.ints("biases")[0]) {
              case 0 -> TrainedBiases.ALL;
              case 1 -> TrainedBiases.ALL_BUT_QKV;
              case 2 -> TrainedBiases.NONE;
              default -> throw new IllegalStateException("biases");
            })
        .withRecompute(recompute);
  }

  /** The micro-batches of each step. */
  List<List<TrainingBatch>> batches() {
    int[] batch = expected.ints("batch");
    int rows = batch[0] * batch[1];
    int[] tokens = expected.ints("tokens");
    int[] targets = expected.ints("targets");
    List<List<TrainingBatch>> steps = new ArrayList<>();
    for (int first = 0; first < tokens.length; ) {
      List<TrainingBatch> step = new ArrayList<>();
      for (int i = 0; i < batch[2]; i++, first += rows) {
        step.add(
            new TrainingBatch(
                Arrays.copyOfRange(tokens, first, first + rows),
                Arrays.copyOfRange(targets, first, first + rows)));
      }
      steps.add(step);
    }
    return steps;
  }

  /** Learning rate of each step. */
  double[] rates() {
    return expected.doubles("rates");
  }

  /** Mean loss of each step, before its update. */
  double[] losses() {
    return expected.doubles("losses");
  }

  /** Norm of all gradients of each step. */
  double[] norms() {
    return expected.doubles("norms");
  }

  /** Of the first step, before clipping; flattened. */
  double[] gradient(String name) {
    return expected.doubles("grad." + name);
  }

  @Override
  public String toString() {
    return folder.getFileName().toString();
  }
}
