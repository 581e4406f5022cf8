package gpt2j.model.gpt2.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.InitialTensors;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.spi.ForwardingBackend;
import gpt2j.testkit.ReferenceBackendProvider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, what is there to be read, and what the host does itself. */
final class TrainingModelTest {
  private static final int VOCABULARY = 23;
  private static final TrainingOptions OPTIONS = TrainingOptions.of(2, 5).withSeed(3);
  private static final Gpt2Config CONFIG =
      Gpt2Config.builder()
          .vocabularySize(VOCABULARY)
          .contextLength(6)
          .embeddingWidth(8)
          .layers(2)
          .heads(2)
          .bosToken(OptionalInt.empty())
          .eosTokens(List.of())
          .build();

  private final Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults());

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, backend.memory().total());
    backend.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void beginsAsARandomCheckpointDoes(boolean tied, @TempDir Path folder) {
    Gpt2Config config = CONFIG.withTieWordEmbeddings(tied);
    Path directory = folder.resolve("model");
    RandomCheckpoint.write(directory, config, 3, DataType.F32, _ -> {});
    try (Arena arena = Arena.ofConfined();
        Checkpoint checkpoint = Checkpoint.open(directory);
        TrainingModel model = TrainingModel.random(config, OPTIONS, backend);
        TrainingModel opened = TrainingModel.of(checkpoint, OPTIONS, backend)) {
      assertEquals(checkpoint.names(), model.shapes(TrainingTensor.PARAMETER).keySet());
      for (String name : checkpoint.names()) {
        HostTensor expected = checkpoint.tensor(name);
        for (TrainingModel each : List.of(model, opened)) {
          HostTensor tensor = each.read(TrainingTensor.PARAMETER, name, arena);
          assertEquals(expected.shape(), tensor.shape());
          assertEquals(-1, expected.data().mismatch(tensor.data()), name);
        }
      }
    }
  }

  /**
   * Biases that a checkpoint hasn't are 0 as if it had them, and trained or not as the options say.
   */
  @ParameterizedTest
  @EnumSource
  void aCheckpointWithoutBiasesIsTrainedAsOneWithZeros(TrainedBiases biases, @TempDir Path folder)
      throws IOException {
    Path zeros = folder.resolve("zeros");
    Path none = folder.resolve("none");
    RandomCheckpoint.write(zeros, CONFIG, 3, DataType.F32, _ -> {}); // its biases are 0
    RandomCheckpoint.write(none, CONFIG, 3, DataType.F32, _ -> {});
    Path weights = none.resolve("model.safetensors");
    String bytes = Files.readString(weights, StandardCharsets.ISO_8859_1);
    Files.writeString(weights, bytes.replace(".bias\"", ".bogs\""), StandardCharsets.ISO_8859_1);
    TrainingOptions options = OPTIONS.withBiases(biases);
    try (Checkpoint withZeros = Checkpoint.open(zeros);
        Checkpoint without = Checkpoint.open(none);
        TrainingModel expected = TrainingModel.of(withZeros, options, backend);
        TrainingModel model = TrainingModel.of(without, options, backend)) {
      assertEquals(2, without.notes().size());
      for (int step = 1; step <= 3; step++) {
        assertEquals(
            expected.trainStep(List.of(batch(step)), 0.1),
            model.trainStep(List.of(batch(step)), 0.1));
      }
      for (String name : expected.shapes(TrainingTensor.PARAMETER).keySet()) {
        float[] values = read(model, TrainingTensor.PARAMETER, name);
        assertArrayEquals(read(expected, TrainingTensor.PARAMETER, name), values, name);
        if (name.endsWith(".bias")) {
          boolean still = Arrays.equals(new float[values.length], values);
          assertEquals(!biases.trains(name), still, name);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 9, 10})
  void theHeadMayTakeSomeRowsAtATime(int rows) {
    TrainingBatch batch = batch(1);
    try (TrainingModel whole = TrainingModel.random(CONFIG, OPTIONS, backend);
        TrainingModel parts = withLogits(rows * VOCABULARY)) {
      Loss loss = whole.accumulate(batch, 0.1f);
      assertEquals(loss, whole.evaluate(batch));
      assertEquals(loss, parts.accumulate(batch, 0.1f));
      assertEquals(loss, parts.evaluate(batch));
      for (String name : whole.shapes(TrainingTensor.GRADIENT).keySet()) {
        // Only sums over rows, those of wte, are added up in another order.
        assertArrayEquals(
            read(whole, TrainingTensor.GRADIENT, name),
            read(parts, TrainingTensor.GRADIENT, name),
            name.startsWith("wte") ? 1e-6f : 0,
            name);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyWhatIsTrainedHasGradients(TrainedBiases biases) {
    TrainingOptions options = OPTIONS.withBiases(biases);
    try (TrainingModel model = TrainingModel.random(CONFIG, options, backend)) {
      Set<String> all = model.shapes(TrainingTensor.PARAMETER).keySet();
      assertEquals(2 + 2 * 12 + 2, all.size());
      int frozen =
          switch (biases) {
            case ALL -> 0;
            case ALL_BUT_QKV -> 2;
            case NONE -> 2 * 6 + 1;
          };
      for (TrainingTensor kind : TrainingTensor.values()) {
        int missing = kind == TrainingTensor.PARAMETER ? 0 : frozen;
        assertEquals(all.size() - missing, model.shapes(kind).size());
      }
    }
  }

  @Test
  void gradientsAndMomentsBeginAtZeroAndGradientsEndThere() {
    try (TrainingModel model = TrainingModel.random(CONFIG, OPTIONS, backend)) {
      for (TrainingTensor kind :
          List.of(
              TrainingTensor.GRADIENT, TrainingTensor.FIRST_MOMENT, TrainingTensor.SECOND_MOMENT)) {
        forEach(model, kind, values -> assertArrayEquals(new float[values.length], values));
      }
      model.trainStep(List.of(batch(1), batch(2)), 1e-3);
      assertEquals(1, model.updates());
      assertEquals(2, model.passes());
      forEach(
          model,
          TrainingTensor.GRADIENT,
          values -> assertArrayEquals(new float[values.length], values));
    }
  }

  @Test
  void gainsAndBiasesDoNotDecay() {
    try (Arena arena = Arena.ofShared();
        TrainingModel model = TrainingModel.random(CONFIG, OPTIONS, backend)) {
      model.update(0.5); // all gradients are zero: nothing but decay, of 5 %
      InitialTensors initial = new InitialTensors(CONFIG, OPTIONS.seed());
      for (String name : model.shapes(TrainingTensor.PARAMETER).keySet()) {
        float[] expected = values(initial.tensor(name, arena));
        if (model.shapes(TrainingTensor.PARAMETER).get(name).rank() == 2) {
          for (int i = 0; i < expected.length; i++) {
            expected[i] *= 0.95f;
          }
        }
        assertArrayEquals(expected, read(model, TrainingTensor.PARAMETER, name), 1e-7f, name);
      }
    }
  }

  @Test
  void refusesBatchesThatDoNotFit() {
    try (TrainingModel model = TrainingModel.random(CONFIG, OPTIONS, backend)) {
      int[] good = new int[10];
      int[] negative = new int[10];
      negative[9] = -1;
      int[] beyond = new int[10];
      beyond[4] = VOCABULARY;
      int[] ignored = new int[10];
      Arrays.fill(ignored, -100);
      refused("a batch has 2·5 tokens", model, new int[9], good);
      refused("a batch has 2·5 tokens", model, good, new int[11]);
      refused("token -1 at index 9 is outside the vocabulary 0 … 22", model, negative, good);
      refused("token -100 at index 0 is outside", model, ignored, good);
      refused("token 23 at index 4 is outside the vocabulary 0 … 22", model, beyond, good);
      refused("target -1 at index 9 is outside the vocabulary 0 … 22", model, good, negative);
      refused("target 23 at index 4 is outside the vocabulary 0 … 22", model, good, beyond);
      refused("no target of the batch counts", model, good, ignored);
      assertEquals(0, model.updates() + model.passes());
      assertEquals(new Loss(0, 0), model.evaluate(new TrainingBatch(good, ignored)));
    }
  }

  private static void refused(String message, TrainingModel model, int[] inputs, int[] targets) {
    List<TrainingBatch> batches = List.of(new TrainingBatch(inputs, targets));
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> model.trainStep(batches, 1e-3));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  @Test
  void refusesWhatIsLongerThanTheContext() {
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () -> TrainingModel.random(CONFIG, TrainingOptions.of(1, 7), backend));
    assertEquals("sequences of 7 tokens are longer than the model's context of 6", e.getMessage());
  }

  @Test
  void refusesTensorsCountersAndRatesThatDoNotFit() {
    try (TrainingModel model = TrainingModel.random(CONFIG, OPTIONS, backend)) {
      HostTensor unknown = HostTensor.of("h.2.ln_1.bias", Shape.of(8), new float[8]);
      assertThrows(
          NoSuchElementException.class, () -> model.write(TrainingTensor.PARAMETER, unknown));
      HostTensor wrong = HostTensor.of("ln_f.bias", Shape.of(4, 2), new float[8]);
      Exception e =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.write(TrainingTensor.FIRST_MOMENT, wrong));
      assertEquals(
          "FIRST_MOMENT of ln_f.bias must be floating-point numbers [8], not F32 [4, 2]",
          e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> model.restore(-1, 0));
      assertThrows(IllegalArgumentException.class, () -> model.update(Double.NaN));
      assertThrows(IllegalArgumentException.class, () -> model.update(-1e-3));
    }
  }

  @Test
  void takesTensorsOf16Bits() {
    try (TrainingModel model = TrainingModel.random(CONFIG, OPTIONS, backend)) {
      byte[] half = {0, 0x3c, 0, (byte) 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
      HostTensor tensor =
          new HostTensor("ln_f.bias", DataType.F16, Shape.of(8), MemorySegment.ofArray(half));
      model.write(TrainingTensor.PARAMETER, tensor);
      assertArrayEquals(
          new float[] {1, -2, 0, 0, 0, 0, 0, 0},
          read(model, TrainingTensor.PARAMETER, "ln_f.bias"));
    }
  }

  /** All but a few numbers, before anything is allocated. */
  @Test
  void asksForAllItsMemoryInOneSum() {
    Gpt2Config untied = CONFIG.withTieWordEmbeddings(false);
    for (Gpt2Config config : List.of(CONFIG, untied)) {
      for (Recompute recompute : Recompute.values()) {
        for (TrainedBiases biases : TrainedBiases.values()) {
          List<Long> asked = new ArrayList<>();
          Backend listening =
              new ForwardingBackend(backend) {
                @Override
                public void requireRoom(String what, long bytes) {
                  assertEquals(0, memory().total());
                  asked.add(bytes);
                }
              };
          TrainingOptions options = OPTIONS.withRecompute(recompute).withBiases(biases);
          try (TrainingModel model = TrainingModel.random(config, options, listening)) {
            assertEquals(1, asked.size());
            long rest = model.backend().memory().total() - asked.getFirst();
            assertTrue(rest >= 0 && rest < 64, rest + " bytes with " + options);
          }
        }
      }
    }
  }

  @Test
  void leavesNothingBehindWhenMemoryRunsOut() {
    try (Backend small =
        new ReferenceBackendProvider().open(BackendOptions.defaults().withMemoryLimit(20_000))) {
      assertThrows(OutOfMemoryException.class, () -> TrainingModel.random(CONFIG, OPTIONS, small));
      assertEquals(0, small.memory().total());
    }
  }

  /** As {@link TrainingModel#random}, with so many logits at a time. */
  private TrainingModel withLogits(int logits) {
    InitialTensors initial = new InitialTensors(CONFIG, OPTIONS.seed());
    return new TrainingModel(
        CONFIG,
        OPTIONS,
        backend,
        logits,
        model -> {
          try (Arena arena = Arena.ofShared()) {
            for (String name : model.shapes(TrainingTensor.PARAMETER).keySet()) {
              model.write(TrainingTensor.PARAMETER, initial.tensor(name, arena));
            }
          }
        });
  }

  private static TrainingBatch batch(long seed) {
    int[] text = new Random(seed).ints(11, 0, VOCABULARY).toArray();
    return new TrainingBatch(Arrays.copyOf(text, 10), Arrays.copyOfRange(text, 1, 11));
  }

  private static void forEach(TrainingModel model, TrainingTensor kind, Consumer<float[]> check) {
    model.shapes(kind).keySet().forEach(name -> check.accept(read(model, kind, name)));
  }

  private static float[] read(TrainingModel model, TrainingTensor kind, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return values(model.read(kind, name, arena));
    }
  }

  private static float[] values(HostTensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    tensor.copyTo(0, values, 0, values.length);
    return values;
  }
}
