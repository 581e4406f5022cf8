package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.cuda.emulator.EmulatedCublas;
import gpt2j.cuda.emulator.EmulatedNvtx;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a profiler that listens is told; runs in a JVM whose environment names one. */
class EmulatedRangesTest {
  private EmulatedNvtx nvtx;

  @BeforeEach
  void start() {
    Emulation.start();
    EmulatedCublas.load(12); // before a backend opens: what isn't found then stays so
    nvtx = EmulatedNvtx.load();
    nvtx.ranges();
  }

  @Test
  void sectionsAndRunsOfStepsAreRanges() {
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
        SmallDecoder decoder = new SmallDecoder(backend, 1, 1, SamplingParameters.greedy());
        Step step = backend.record("decode", decoder::step)) {
      nvtx.ranges(); // of the recording
      step.run();
      backend.profiler().section("ln_1");
      backend.profiler().section("qkv");
      backend.profiler().end();
      backend.profiler().end();
      step.run();
      assertEquals(List.of("decode", "ln_1", "qkv", "decode", "0"), nvtx.ranges());

      backend.profiler().start();
      step.run();
      backend.profiler().stop();
      assertEquals("decode", nvtx.ranges().getFirst());
    }
    assertEquals("0", nvtx.ranges().getLast());
    Emulation.assertNothingLeft();
  }
}
