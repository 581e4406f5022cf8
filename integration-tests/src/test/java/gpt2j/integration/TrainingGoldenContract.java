package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.training.Loss;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingStep;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses and gradients equal to those of PyTorch in float64, on a backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TrainingGoldenContract {
  /** Of a gradient: ‖g − expected‖ / ‖expected‖, of each tensor by itself. */
  private static final double GRADIENT_TOLERANCE = 1e-4;

  /** Of the norm of all gradients, relative. */
  private static final double NORM_TOLERANCE = 1e-4;

  /** Of a mean loss, relative. */
  private static final double LOSS_TOLERANCE = 1e-5;

  private final Measurements measurements = new Measurements();
  private Backend backend;

  /** Opens the backend under test. */
  abstract Backend open();

  /** Those that are tried: all that are kept, and large ones if there are any. */
  List<TrainingGolden> goldens() {
    return Stream.concat(TrainingGolden.all().stream(), TrainingGolden.large().stream()).toList();
  }

  @BeforeAll
  void openBackend() {
    backend = open();
  }

  @AfterAll
  void closeBackend() {
    backend.close();
    measurements.write(Path.of("target", "training", getClass().getSimpleName() + ".md"));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void gradientsEqualThoseOfAutograd(TrainingGolden golden) {
    List<TrainingBatch> step = golden.batches().getFirst();
    int targets = step.stream().mapToInt(TrainingBatch::countedTargets).sum();
    try (TrainingModel model = model(golden, Recompute.GELU)) {
      Loss loss = Loss.NONE;
      for (TrainingBatch batch : step) {
        loss = loss.plus(model.accumulate(batch, 1f / targets));
      }
      double error = loss.mean() / golden.losses()[0] - 1;
      measurements.add(golden, "loss", Math.abs(error));
      assertEquals(0, error, LOSS_TOLERANCE);
      for (String name : model.shapes(TrainingTensor.GRADIENT).keySet()) {
        double difference = difference(model, name, golden.gradient(name));
        measurements.add(golden, "gradients", difference);
        assertTrue(difference < GRADIENT_TOLERANCE, () -> name + " is off by " + difference);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void lossesOfTenUpdatesEqualThoseOfAdamW(TrainingGolden golden) {
    List<List<TrainingBatch>> batches = golden.batches();
    try (TrainingModel model = model(golden, Recompute.NONE)) {
      for (int i = 0; i < batches.size(); i++) {
        TrainingStep step = model.trainStep(batches.get(i), golden.rates()[i]);
        double lossError = step.loss().mean() / golden.losses()[i] - 1;
        double normError = step.gradientNorm() / golden.norms()[i] - 1;
        measurements.add(golden, "losses of ten updates", Math.abs(lossError));
        measurements.add(golden, "norms of ten updates", Math.abs(normError));
        assertEquals(0, lossError, LOSS_TOLERANCE, "loss of update " + i);
        assertEquals(0, normError, NORM_TOLERANCE, "norm of update " + i);
      }
    }
  }

  private TrainingModel model(TrainingGolden golden, Recompute recompute) {
    try (Checkpoint checkpoint = Checkpoint.open(golden.folder())) {
      return TrainingModel.of(checkpoint, golden.options(recompute), backend);
    }
  }

  private static double difference(TrainingModel model, String name, double... expected) {
    try (Arena arena = Arena.ofConfined()) {
      HostTensor actual = model.read(TrainingTensor.GRADIENT, name, arena);
      assertEquals(expected.length, actual.shape().elements());
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        double d = actual.get(i) - expected[i];
        difference += d * d;
        norm += expected[i] * expected[i];
      }
      return Math.sqrt(difference / norm);
    }
  }
}
