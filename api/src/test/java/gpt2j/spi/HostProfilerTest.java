package gpt2j.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Profile;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostProfilerTest {
  private final HostProfiler profiler = new HostProfiler();

  @Test
  void countsCallsInOrderOfAppearance() {
    profiler.start();
    for (String name : List.of("b", "a", "b", "b", "c")) {
      profiler.section(name);
    }
    profiler.end();
    profiler.end();
    Profile profile = profiler.stop();
    assertEquals(List.of("b", "a", "c"), names(profile));
    assertEquals(
        List.of(3L, 1L, 1L), profile.sections().stream().map(Profile.Section::calls).toList());
  }

  @Test
  void sectionsAddUpToNoMoreThanTheTotal() {
    profiler.start();
    for (int i = 0; i < 1000; i++) {
      profiler.section("section " + i % 7);
      if (i % 3 == 0) {
        profiler.end();
      }
    }
    Profile profile = profiler.stop();
    long sum = profile.sections().stream().mapToLong(Profile.Section::nanos).sum();
    assertTrue(sum <= profile.totalNanos(), sum + " of " + profile.totalNanos());
    profile.sections().forEach(section -> assertTrue(section.nanos() >= 0));
  }

  @Test
  void stoppingEndsTheSection() {
    profiler.start();
    profiler.section("open");
    assertEquals(1, profiler.stop().sections().getFirst().calls());
  }

  @Test
  void measuresNothingWhileOff() {
    profiler.section("before");
    profiler.end();
    profiler.start();
    profiler.section("first");
    profiler.stop();
    profiler.section("between");
    profiler.start();
    profiler.section("second");
    assertEquals(List.of("second"), names(profiler.stop()));
  }

  @Test
  void partsBelongToTheSectionAndAreNoMoreThanIt() throws InterruptedException {
    assertFalse(profiler.isRunning());
    profiler.part("before", 5);
    profiler.start();
    assertTrue(profiler.isRunning());
    profiler.part("outside of sections", 5);
    profiler.section("a");
    Thread other = Thread.ofPlatform().start(() -> profiler.part("y", 1));
    other.join();
    profiler.part("x", 2);
    profiler.part("x", 3);
    profiler.section("b");
    profiler.part("more than the section", 1L << 50);
    profiler.end();
    List<Profile.Section> sections = profiler.stop().sections();
    assertEquals(Map.of("x", 5L, "y", 1L), sections.getFirst().parts());
    long part = sections.getLast().parts().get("more than the section");
    assertTrue(part <= sections.getLast().nanos(), sections.toString());
    assertFalse(profiler.isRunning());
  }

  @Test
  void startingAgainStartsFromZero() {
    profiler.start();
    profiler.section("forgotten");
    profiler.start();
    assertEquals(List.of(), names(profiler.stop()));
  }

  @Test
  void cannotStopWhatWasNotStarted() {
    assertThrows(IllegalStateException.class, profiler::stop);
    profiler.start();
    profiler.stop();
    assertThrows(IllegalStateException.class, profiler::stop);
  }

  private static List<String> names(Profile profile) {
    return profile.sections().stream().map(Profile.Section::name).toList();
  }
}
