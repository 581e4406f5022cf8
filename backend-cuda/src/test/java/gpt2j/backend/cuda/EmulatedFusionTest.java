package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.Profile;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.backend.cuda.step.CudaStep;
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
    backend = new CudaBackendProvider().unchecked(BackendOptions.defaults());
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
      long embedHeadAdvance = 3; // the head draws too
      assertEquals(5 * layers + embedHeadAdvance, step.nodes());
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

  /** Where a step's time goes is measured within its graph; the tokens are the same. */
  @Test
  void aRecordedStepShowsItsSections() {
    try (SmallDecoder plain = decoder(2, 1);
        SmallDecoder sections = decoder(2, 1)) {
      Step expected = plain.record();
      Step step = sections.recordSections();
      for (int i = 0; i < 6; i++) {
        boolean measured = i % 2 == 1;
        expected.run();
        if (measured) {
          backend.profiler().start();
        }
        step.run();
        if (measured) {
          Profile profile = backend.profiler().stop();
          Profile.Section section = profile.sections().getFirst();
          assertEquals("section", section.name());
          assertEquals(1, profile.sections().size());
          assertEquals(1 + 2 * 8 + 4, section.calls());
          assertTrue(section.nanos() > 0 && section.nanos() <= profile.totalNanos());
        }
        assertArrayEquals(plain.take(), sections.take());
        assertArrayEquals(plain.logits(), sections.logits());
      }
    }
  }

  private SmallDecoder decoder(int layers, int rows) {
    return new SmallDecoder(backend, layers, rows, SamplingParameters.random(1));
  }
}
