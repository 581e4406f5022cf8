package gpt2j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Epilogue;
import gpt2j.api.LinearWeights;
import gpt2j.api.Profile;
import gpt2j.api.Profiler;
import gpt2j.api.SamplingParameters;
import gpt2j.api.Step;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link Profiler}: which sections there are, and that their times add up; never how long. */
abstract class ProfilerContract extends Contract {
  ProfilerContract(BackendContract subject) {
    super(subject);
  }

  @Test
  void countsSectionsInOrderOfAppearance() {
    onBackend(
        bench -> {
          Runnable work = work(bench);
          Profiler profiler = bench.backend().profiler();
          profiler.start();
          work.run();
          for (int i = 0; i < 3; i++) {
            profiler.section("second");
            work.run();
            profiler.section("first");
            work.run();
            work.run();
          }
          profiler.end();
          work.run();
          Profile profile = profiler.stop();
          assertEquals(List.of("second", "first"), names(profile));
          assertEquals(3, profile.sections().get(0).calls());
          assertEquals(3, profile.sections().get(1).calls());
          assertAddsUp(profile);
          profile.sections().forEach(s -> assertTrue(s.nanos() > 0, s + " took no time"));
        });
  }

  @Test
  void startsFromZero() {
    onBackend(
        bench -> {
          Runnable work = work(bench);
          Profiler profiler = bench.backend().profiler();
          profiler.section("before the start");
          work.run();
          profiler.end();
          profiler.start();
          profiler.section("first time");
          work.run();
          profiler.stop();
          profiler.section("between");
          work.run();
          profiler.end();
          profiler.start();
          profiler.section("second time");
          work.run();
          Profile profile = profiler.stop();
          assertEquals(List.of("second time"), names(profile));
          assertEquals(1, profile.sections().getFirst().calls());
          assertAddsUp(profile);
          profiler.start();
          assertEquals(List.of(), names(profiler.stop()));
        });
  }

  @Test
  void cannotStopWhatWasNotStarted() {
    onBackend(
        bench -> {
          Profiler profiler = bench.backend().profiler();
          assertThrows(IllegalStateException.class, profiler::stop);
          profiler.start();
          profiler.stop();
          assertThrows(IllegalStateException.class, profiler::stop);
        });
  }

  /** A step shows the sections that it was recorded with, or one section of its own. */
  @Test
  void measuresRecordedSteps() {
    onBackend(
        bench -> {
          TinyDecoder decoder = new TinyDecoder(bench, 2, SamplingParameters.greedy());
          Step step = bench.record("decode", decoder::step);
          step.run();
          Profiler profiler = bench.backend().profiler();
          profiler.start();
          for (int run = 0; run < 5; run++) {
            step.run();
          }
          Profile profile = profiler.stop();
          List<String> inside = List.of("embed", "attention", "mlp", "sample");
          assertTrue(
              names(profile).equals(inside) || names(profile).equals(List.of("decode")),
              names(profile).toString());
          profile.sections().forEach(s -> assertEquals(5, s.calls(), s.name()));
          assertAddsUp(profile);
        });
  }

  @Test
  void measuringChangesNoResult() {
    List<Reading> plain = readings(backend(), bench -> decode(bench, false));
    List<Reading> measured = readings(backend(), bench -> decode(bench, true));
    Reading.assertSame(plain, measured);
  }

  private static void decode(Workbench bench, boolean measured) {
    TinyDecoder decoder = new TinyDecoder(bench, 2, SamplingParameters.random(3));
    if (measured) {
      bench.backend().profiler().start();
    }
    for (int step = 0; step < 20; step++) {
      decoder.step();
    }
    if (measured) {
      bench.backend().profiler().stop();
    }
    bench.show("tokens", decoder.batch().tokens(), 0);
    bench.show("logits", decoder.logits(), 0);
  }

  private static Runnable work(Workbench bench) {
    LinearWeights weights =
        bench.weights(Numbers.host(new float[64 * 64], 64, 64), null, WeightFormat.F32);
    Tensor x = bench.floats(new float[9 * 64], 9, 64);
    Tensor out = bench.floats(9, 64);
    return () -> bench.operations().linear(out, x, weights, Epilogue.NONE);
  }

  private static List<String> names(Profile profile) {
    return profile.sections().stream().map(Profile.Section::name).toList();
  }

  private static void assertAddsUp(Profile profile) {
    long sum = profile.sections().stream().mapToLong(Profile.Section::nanos).sum();
    // Clocks of devices are coarse, and two clocks may be at work.
    long slack = 1_000_000 + profile.totalNanos() / 20;
    assertTrue(
        sum <= profile.totalNanos() + slack, sum + " ns in sections of " + profile.totalNanos());
    for (Profile.Section section : profile.sections()) {
      long parts = section.parts().values().stream().mapToLong(Long::longValue).sum();
      assertTrue(parts <= section.nanos(), parts + " ns in parts of " + section);
      section.parts().forEach((part, nanos) -> assertTrue(nanos >= 0, part));
    }
  }
}
