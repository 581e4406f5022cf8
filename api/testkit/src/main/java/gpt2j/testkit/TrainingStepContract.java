package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Step;
import gpt2j.api.UnsupportedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All operations of training together, queued one by one and recorded. */
abstract class TrainingStepContract extends TrainingPart {
  private static final int UPDATES = 6;

  TrainingStepContract(TrainingContract subject) {
    super(subject);
  }

  @Test
  void whatIsDeclaredUnsupportedIsNotThere() {
    boolean trains;
    try {
      backend().training();
      trains = true;
    } catch (UnsupportedException e) {
      trains = false;
    }
    boolean declared = subject().unsupported().contains(Feature.TRAINING);
    assertFalse(trains && declared, "trains, though TRAINING is declared unsupported");
  }

  /** Tokens, targets, the number of the pass and the rate change between the runs of a step. */
  @ParameterizedTest
  @ValueSource(floats = {0, 0.2f})
  void aRecordedStepEqualsDirectCalls(float probability) {
    List<Reading> direct = readings(backend(), bench -> train(bench, probability, false));
    List<Reading> again = readings(backend(), bench -> train(bench, probability, false));
    Reading.assertSame(direct, again);
    List<Reading> recorded = readings(backend(), bench -> train(bench, probability, true));
    Reading.assertSame(direct, recorded);
    List<Reading> expected =
        readings(subject().reference(), bench -> train(bench, probability, false));
    Reading.assertEqual(expected, recorded);
  }

  private static void train(Workbench bench, float probability, boolean recorded) {
    TinyTrainer trainer = new TinyTrainer(bench, probability);
    Step step = recorded ? bench.record("train", trainer::step) : null;
    for (int update = 1; update <= UPDATES; update++) {
      trainer.write(update, update);
      if (step != null) {
        step.run();
      } else {
        trainer.step();
      }
      trainer.showLosses(1e-4);
    }
    trainer.showParameters(1e-4);
  }

  @Test
  void recordingDoesNotRun() {
    List<Reading> before =
        readings(backend(), bench -> new TinyTrainer(bench, 0).showParameters(0));
    List<Reading> after =
        readings(
            backend(),
            bench -> {
              TinyTrainer trainer = new TinyTrainer(bench, 0);
              trainer.write(1, 1);
              bench.record("train", trainer::step);
              trainer.showParameters(0);
            });
    Reading.assertSame(before, after);
  }

  @Test
  void learnsOneBatchByHeart() {
    onBackend(
        bench -> {
          TinyTrainer trainer = new TinyTrainer(bench, 0);
          Step step = bench.record("train", trainer::step);
          trainer.write(1, 1);
          step.run();
          double first = trainer.loss();
          for (int update = 2; update <= 30; update++) {
            trainer.write(1, update);
            step.run();
          }
          double last = trainer.loss();
          assertTrue(last < first / 4, "the loss went from " + first + " to " + last);
        });
  }
}
