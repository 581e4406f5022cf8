package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is queued together, and that nobody can tell. */
class EmulatedFusionTest {
  private Backend backend;

  @BeforeEach
  void open() {
    Emulation.start();
    backend = new CudaBackendProvider().open(BackendOptions.defaults());
  }

  @AfterEach
  void close() {
    backend.close();
    Emulation.assertNoProblems();
    Emulation.assertNothingLeft();
  }

  /** As many layers as the smallest GPT-2: a graph of at most 70 kernels for each token. */
  @Test
  void aTokenIsOneSmallGraph() {
    try (SmallDecoder decoder = decoder(12, 1)) {
      CudaStep step = (CudaStep) decoder.record();
      long layers = 12;
      long embedHeadSampleAdvance = 4;
      assertEquals(5 * layers + embedHeadSampleAdvance, step.nodes());
      assertTrue(step.nodes() <= 70);
    }
  }

  /** A recorded step, single calls, and single calls that each are waited for: the same bits. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 9})
  void holdingBackChangesNothing(int rows) {
    try (SmallDecoder fused = decoder(2, rows);
        SmallDecoder single = decoder(2, rows);
        SmallDecoder recorded = decoder(2, rows)) {
      Step step = recorded.record();
      backend.profiler().start(); // each section boundary has everything queued
      for (int i = 0; i < 6; i++) {
        fused.step();
        single.stepInSections();
        step.run();
        int[] tokens = fused.take();
        assertArrayEquals(tokens, single.take());
        assertArrayEquals(tokens, recorded.take());
        assertArrayEquals(fused.logits(), single.logits());
        assertArrayEquals(fused.logits(), recorded.logits());
        assertArrayEquals(fused.intermediates(), single.intermediates());
        assertArrayEquals(fused.intermediates(), recorded.intermediates());
      }
      backend.profiler().stop();
    }
  }

  private SmallDecoder decoder(int layers, int rows) {
    return new SmallDecoder(backend, layers, rows, SamplingParameters.random(1));
  }
}
