package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.SamplingState;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.backend.cuda.step.CudaStep;
import gpt2j.cuda.emulator.Emulator;
import gpt2j.cuda.emulator.ThreadOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The head with the draw behind it in one kernel gives the very bits of the two apart. */
class EmulatedHeadTest {
  private final Emulator emulator = Emulation.start();
  private Backend backend;

  @BeforeEach
  void open() {
    Emulation.start();
    backend = new CudaBackendProvider().unchecked(BackendOptions.defaults());
  }

  @AfterEach
  void close() {
    backend.close();
    Emulation.assertNoProblems();
    Emulation.assertNothingLeft();
  }

  static List<SamplingParameters> parameters() {
    SamplingParameters random = SamplingParameters.random(5);
    Stream<SamplingParameters> topK =
        Stream.of(1, 2, 40, 126, 127, 500, 1002).map(random::withTopK);
    Stream<SamplingParameters> others =
        Stream.of(
            SamplingParameters.greedy(),
            SamplingParameters.greedy().withRepetitionPenalty(1.7f),
            random,
            random.withTemperature(0.6f).withRepetitionPenalty(1.3f),
            random.withRepetitionPenalty(0.8f),
            random.withTopP(0.9f),
            random.withTopP(0.3f).withRepetitionPenalty(1.3f),
            random.withTopP(0.999f).withTemperature(3),
            random.withMinP(0.1f),
            random.withMinP(1e-30f), // behind the last bin of the kernel's histogram
            random.withTemperature(0.01f).withTopK(40), // most tokens are in that bin
            new SamplingParameters(0.8f, 40, 0.95f, 0.05f, 1.2f, 7));
    return Stream.concat(topK, others).toList();
  }

  static List<SamplingParameters> someParameters() {
    return List.of(
        SamplingParameters.greedy().withRepetitionPenalty(1.7f),
        SamplingParameters.random(3),
        SamplingParameters.random(4).withTopP(0.9f).withRepetitionPenalty(1.3f),
        SamplingParameters.random(5).withTopK(3));
  }

  /** A thousand tokens are 126 spans here. */
  @ParameterizedTest
  @MethodSource("parameters")
  void everyWayOfDrawing(SamplingParameters parameters) {
    for (HeadPair.Values values : HeadPair.Values.values()) {
      compare(values, WeightFormat.F16, 2, 1003, parameters, 2);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void everyNumberOfRowsAndVocabulary(WeightFormat format) {
    int[] vocabularies = {1, 7, 64, 129, 130 + new SplittableRandom(9).nextInt(400)};
    ThreadOrder[] orders = ThreadOrder.values();
    for (int rows = 1; rows <= 8; rows++) {
      emulator.threadOrder(orders[rows % orders.length]);
      SamplingParameters plain = SamplingParameters.random(rows).withRepetitionPenalty(1.1f);
      for (int vocabulary : vocabularies) {
        compare(HeadPair.Values.RANDOM, format, rows, vocabulary, plain, 1);
      }
      SamplingParameters filtered = new SamplingParameters(0.9f, 20, 0.9f, 0.01f, 1.2f, rows);
      int vocabulary = vocabularies[rows % vocabularies.length];
      compare(HeadPair.Values.RANDOM, format, rows, vocabulary, filtered, 1);
    }
  }

  private void compare(
      HeadPair.Values values,
      WeightFormat format,
      int rows,
      int vocabulary,
      SamplingParameters parameters,
      int steps) {
    String kernel =
        "execute gemv_head_%s_r%d"
            .formatted(
                Kernels.suffix(format.plain().orElseThrow()), rows == 3 ? 4 : rows > 4 ? 8 : rows);
    long before = emulator.calls(kernel);
    try (HeadPair pair = new HeadPair(backend, values, format, rows, vocabulary, parameters)) {
      for (int step = 0; step < steps; step++) {
        pair.step();
        pair.assertSame();
      }
      pair.drawApart();
      pair.assertSame();
    }
    assertEquals(steps, emulator.calls(kernel) - before, kernel);
  }

  /** What nobody draws from, or somebody looks at first, is made without a draw. */
  @Test
  void nothingIsDrawnUnasked() {
    SamplingParameters greedy = SamplingParameters.greedy();
    try (HeadPair pair =
        new HeadPair(backend, HeadPair.Values.RANDOM, WeightFormat.F32, 2, 33, greedy)) {
      pair.headAlone();
      pair.headAlone();
      backend.synchronize();
      assertEquals(0, emulator.calls("execute gemv_head_f32_r2"));
      assertEquals(2, emulator.calls("execute gemv_f32_r2"));
      assertEquals(0, emulator.calls("execute sample_plain"));
    }
  }

  /** An operation that fails before anything is queued takes nothing with it. */
  @Test
  void aDrawThatCannotBeQueuedLeavesTheLogits() {
    SamplingParameters greedy = SamplingParameters.greedy();
    try (HeadPair pair =
        new HeadPair(backend, HeadPair.Values.RANDOM, WeightFormat.F32, 2, 33, greedy)) {
      pair.headAlone();
      float[] expected = pair.fusedLogits();
      pair.clearLogits();
      SamplingState closed = backend.samplingState(2, 33, greedy);
      closed.close();
      pair.headAndSampleFrom(closed);
      assertArrayEquals(expected, pair.fusedLogits());
    }
  }

  /** What is held back is queued before memory that it needs is given back. */
  @Test
  void inputsMayBeClosedBehindTheHead() {
    SamplingParameters greedy = SamplingParameters.greedy();
    try (HeadPair pair =
        new HeadPair(backend, HeadPair.Values.RANDOM, WeightFormat.F32, 2, 33, greedy)) {
      pair.headAlone();
      float[] expected = pair.fusedLogits();
      pair.clearLogits();
      pair.headAlone();
      pair.closeInputs();
      assertArrayEquals(expected, pair.fusedLogits());
    }
  }

  /** Its outputs are shared out over more warps than there are, or its rows are too long. */
  @Test
  void headsOfOtherShapesAreMadeApart() {
    SamplingParameters random = SamplingParameters.random(1);
    for (int[] shape : new int[][] {{1, 10, 2048}, {8, 300, 1608}, {9, 33, 16}}) {
      try (HeadPair pair =
          new HeadPair(
              backend,
              HeadPair.Values.RANDOM,
              WeightFormat.F16,
              shape[0],
              shape[1],
              shape[2],
              random)) {
        pair.step();
        pair.assertSame();
      }
    }
    try (HeadPair pair =
        new HeadPair(backend, HeadPair.Values.RANDOM, WeightFormat.F16, 8, 300, 1600, random)) {
      pair.step();
      pair.assertSame();
    }
    assertEquals(1, emulator.calls("execute gemv_head_f16_r8"), "of the largest GPT-2");
    assertEquals(0, emulator.calls("execute gemv_head_f16_r1"));
  }

  /** As the only kernel beside the products of the layers and advance. */
  @ParameterizedTest
  @MethodSource("someParameters")
  void recordedStepsDrawTheSame(SamplingParameters parameters) {
    List<int[]> tokens = new ArrayList<>();
    try (SmallDecoder direct = new SmallDecoder(backend, 1, 2, parameters)) {
      for (int i = 0; i < 5; i++) {
        direct.stepInSections();
        backend.synchronize();
        tokens.add(direct.take());
      }
    }
    try (SmallDecoder recorded = new SmallDecoder(backend, 1, 2, parameters)) {
      CudaStep step = (CudaStep) recorded.record();
      boolean filtered = parameters.topK() > 0 || parameters.topP() < 1 || parameters.minP() > 0;
      boolean every = parameters.topK() >= SmallDecoder.VOCABULARY;
      assertEquals(5 + (filtered && !every ? 4 : 3), step.nodes());
      for (int[] expected : tokens) {
        step.run();
        assertArrayEquals(expected, recorded.take());
      }
    }
    assertTrue(tokens.stream().flatMapToInt(Arrays::stream).max().orElseThrow() > 0);
  }
}
