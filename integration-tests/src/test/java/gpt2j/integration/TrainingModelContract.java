package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.Step;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.training.TrainingOperations;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.training.Loss;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainedBiases;
import gpt2j.model.gpt2.training.TrainingBatch;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import gpt2j.model.gpt2.training.TrainingTensor;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What must be so on every backend whatever the numbers are: ways of training that must not differ
 * don't, and training learns.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TrainingModelContract {
  /** Of gradients that were added up in another order: ‖a − b‖ / ‖b‖. */
  private static final double ROUNDING = 1e-5;

  private static final double RATE = 1e-2;
  private static final TrainingOptions OPTIONS = TrainingOptions.of(2, 6).withSeed(7);

  private Backend backend;

  /** Opens the backend under test. */
  abstract Backend open();

  @BeforeAll
  void openBackend() {
    backend = open();
  }

  @AfterAll
  void closeBackend() {
    for (Usage usage : List.of(Usage.WEIGHTS, Usage.TRAINING, Usage.IO)) {
      assertEquals(0, backend.memory().of(usage), () -> usage + ": bytes left behind");
    }
    backend.close();
  }

  @Test
  void learnsOneBatchByHeart() {
    Gpt2Config config =
        Gpt2Config.builder()
            .vocabularySize(11)
            .contextLength(8)
            .embeddingWidth(16)
            .layers(1)
            .heads(2)
            .bosToken(OptionalInt.empty())
            .eosTokens(List.of())
            .build();
    try (TrainingModel model = TrainingModel.random(config, TrainingOptions.of(2, 8), backend)) {
      List<TrainingBatch> batch = List.of(batch(model, 3));
      double first = model.trainStep(batch, RATE).loss().mean();
      assertEquals(Math.log(11), first, 0.1, "nothing is known at first");
      for (int i = 0; i < 120; i++) {
        model.trainStep(batch, RATE);
      }
      double last = model.evaluate(batch.getFirst()).mean();
      assertTrue(last < 0.05, () -> "after 121 updates the loss is " + last);
    }
  }

  @Test
  void microBatchesAreOneLargeBatch() {
    TrainingBatch[] micro = new TrainingBatch[3];
    Map<String, float[]> expected;
    Loss expectedLoss;
    try (TrainingModel large = model(TrainingOptions.of(6, 6), backend)) {
      TrainingBatch all = batch(large, 5);
      Arrays.fill(all.targets(), 12, 22, TrainingOperations.IGNORED_TARGET);
      for (int i = 0; i < micro.length; i++) {
        micro[i] =
            new TrainingBatch(
                Arrays.copyOfRange(all.inputs(), 12 * i, 12 * (i + 1)),
                Arrays.copyOfRange(all.targets(), 12 * i, 12 * (i + 1)));
      }
      expectedLoss = large.accumulate(all, 1f / all.countedTargets());
      expected = read(large, TrainingTensor.GRADIENT);
    }
    try (TrainingModel small = model(TrainingOptions.of(2, 6), backend)) {
      Loss loss = Loss.NONE;
      for (TrainingBatch batch : micro) {
        loss = loss.plus(small.accumulate(batch, 1f / expectedLoss.targets()));
      }
      assertEquals(expectedLoss.targets(), loss.targets());
      assertEquals(expectedLoss.sum(), loss.sum(), ROUNDING * expectedLoss.sum());
      assertNear(expected, read(small, TrainingTensor.GRADIENT));
    }
  }

  @Test
  void targetsThatDoNotCountAreAsIfTheyWereNotThere() {
    TrainingBatch shortBatch;
    Map<String, float[]> expected;
    Loss expectedLoss;
    try (TrainingModel model = model(TrainingOptions.of(1, 4), backend)) {
      shortBatch = batch(model, 6);
      expectedLoss = model.accumulate(shortBatch, 0.25f);
      expected = read(model, TrainingTensor.GRADIENT);
    }
    // Later tokens see earlier ones, never the other way round.
    try (TrainingModel model = model(TrainingOptions.of(2, 7), backend)) {
      int[] inputs = batch(model, 8).inputs();
      int[] targets = new int[14];
      Arrays.fill(targets, TrainingOperations.IGNORED_TARGET);
      System.arraycopy(shortBatch.inputs(), 0, inputs, 7, 4);
      System.arraycopy(shortBatch.targets(), 0, targets, 7, 4);
      Loss loss = model.accumulate(new TrainingBatch(inputs, targets), 0.25f);
      assertEquals(4, loss.targets());
      assertEquals(expectedLoss.sum(), loss.sum(), ROUNDING * expectedLoss.sum());
      assertNear(expected, read(model, TrainingTensor.GRADIENT));
    }
  }

  @Test
  void recomputingChangesNoBit() {
    TrainingOptions options = OPTIONS.withDropout(0.2f);
    assertSame(trained(options, backend), trained(options.withRecompute(Recompute.GELU), backend));
  }

  @Test
  void recordingChangesNoBit() {
    TrainingOptions options = OPTIONS.withDropout(0.2f);
    assertSame(trained(options, backend), trained(options, unrecorded()));
  }

  @ParameterizedTest
  @EnumSource
  void resumingChangesNoBit(TrainedBiases biases) {
    TrainingOptions options = OPTIONS.withDropout(0.2f).withBiases(biases);
    try (Arena arena = Arena.ofConfined();
        TrainingModel whole = model(options, backend);
        TrainingModel second = model(options, backend)) {
      try (TrainingModel first = model(options, backend)) {
        for (int i = 0; i < 2; i++) {
          step(whole, i);
          step(first, i);
        }
        for (TrainingTensor kind : TrainingTensor.values()) {
          for (String name : first.shapes(kind).keySet()) {
            second.write(kind, first.read(kind, name, arena));
          }
        }
        second.restore(first.updates(), first.passes());
      }
      for (int i = 2; i < 4; i++) {
        assertEquals(step(whole, i), step(second, i), "loss of update " + i);
      }
      assertSame(state(whole), state(second));
    }
  }

  @Test
  void biasesThatAreNotTrainedStay() {
    try (TrainingModel model = model(OPTIONS.withBiases(TrainedBiases.NONE), backend)) {
      Map<String, float[]> before = read(model, TrainingTensor.PARAMETER);
      step(model, 0);
      Map<String, float[]> after = read(model, TrainingTensor.PARAMETER);
      before.forEach(
          (name, values) ->
              assertEquals(name.endsWith(".bias"), Arrays.equals(values, after.get(name)), name));
    }
  }

  @Test
  void evaluationLeavesNoTraceAndDropsNothing() {
    TrainingOptions dropping = OPTIONS.withDropout(0.5f);
    try (TrainingModel plain = model(OPTIONS, backend);
        TrainingModel model = model(dropping, backend);
        TrainingModel alone = model(dropping, backend)) {
      TrainingBatch batch = batch(model, 1);
      Loss loss = plain.evaluate(batch);
      assertEquals(loss, plain.accumulate(batch, 1), "there is no dropout in either");
      assertEquals(loss, model.evaluate(batch));
      double dropped = model.accumulate(batch, 1).sum();
      assertNotEquals(loss.sum(), dropped, 1e-3);
      assertEquals(loss, model.evaluate(batch));
      assertEquals(alone.accumulate(batch, 1).sum(), dropped);
      assertNotEquals(model.accumulate(batch, 1).sum(), dropped, 1e-3, "another pass drops others");
      alone.accumulate(batch, 1);
      assertSame(state(alone), state(model));
    }
  }

  /** Everything after three updates. */
  private static Map<String, float[]> trained(TrainingOptions options, Backend backend) {
    try (TrainingModel model = model(options, backend)) {
      for (int i = 0; i < 3; i++) {
        step(model, i);
      }
      return state(model);
    }
  }

  /** An update from two micro-batches; its loss. */
  private static double step(TrainingModel model, int number) {
    List<TrainingBatch> batches =
        List.of(batch(model, 100 + 2 * number), batch(model, 101 + 2 * number));
    return model.trainStep(batches, RATE).loss().sum();
  }

  private static TrainingModel model(TrainingOptions options, Backend backend) {
    try (Checkpoint checkpoint = Checkpoint.open(Golden.resource("training/odd-sizes"))) {
      return TrainingModel.of(checkpoint, options, backend);
    }
  }

  /** The same backend, whose steps were never recorded: each run queues their operations anew. */
  private Backend unrecorded() {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("record")) {
                return new Unrecorded((String) arguments[0], (Runnable) arguments[1]);
              }
              try {
                return method.invoke(backend, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private record Unrecorded(String name, Runnable body) implements Step {
    @Override
    public void run() {
      body.run();
    }

    @Override
    public void close() {}
  }

  /** Random tokens; each is followed by the next, as in a text. */
  private static TrainingBatch batch(TrainingModel model, long seed) {
    int rows = model.options().rows();
    int[] text = new Random(seed).ints(rows + 1, 0, model.config().vocabularySize()).toArray();
    return new TrainingBatch(Arrays.copyOf(text, rows), Arrays.copyOfRange(text, 1, rows + 1));
  }

  private static Map<String, float[]> state(TrainingModel model) {
    Map<String, float[]> all = new LinkedHashMap<>();
    for (TrainingTensor kind : TrainingTensor.values()) {
      read(model, kind).forEach((name, values) -> all.put(kind + " " + name, values));
    }
    return all;
  }

  private static Map<String, float[]> read(TrainingModel model, TrainingTensor kind) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      for (String name : model.shapes(kind).keySet()) {
        HostTensor tensor = model.read(kind, name, arena);
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.copyTo(0, values, 0, values.length);
        tensors.put(name, values);
      }
    }
    return tensors;
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }

  private static void assertNear(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, values) -> {
          double difference = 0;
          double norm = 0;
          for (int i = 0; i < values.length; i++) {
            difference += Math.pow(values[i] - actual.get(name)[i], 2);
            norm += Math.pow(values[i], 2);
          }
          double off = Math.sqrt(difference / norm);
          assertTrue(off < ROUNDING, () -> name + " is off by " + off);
        });
  }
}
