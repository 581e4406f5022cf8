package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import gpt2j.cuda.emulator.Emulator;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The emulated driver of this JVM, for tests. */
final class Emulation {
  private Emulation() {}

  /** The driver as it is at the start; the calling test is skipped where there is no compiler. */
  static Emulator start() {
    Emulator emulator = Emulator.loadOrSkip();
    emulator.reset();
    return emulator;
  }

  /** Throws when the driver saw something go wrong. */
  static void assertNoProblems() {
    assertEquals(List.of(), Emulator.load().problems());
  }

  /** Throws unless everything was given back. */
  static void assertNothingLeft() {
    Emulator emulator = Emulator.load();
    assertEquals(0, emulator.liveAllocations(), "allocations");
    assertEquals(0, emulator.liveObjects(), "streams, events, modules, graphs");
    assertEquals(0, emulator.liveContexts(), "contexts");
  }

  /** The same at the end of a class that isn't nested in another. */
  static void assertNothingLeftBy(ExtensionContext context) {
    if (context.getTestClass().orElseThrow().getEnclosingClass() == null) {
      assertNothingLeft();
    }
  }
}
