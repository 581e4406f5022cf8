package gpt2j.backend.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.Usage;
import gpt2j.backend.cpu.machine.Libc;
import gpt2j.backend.cpu.simd.Memory;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** On a machine that says how much memory it has. */
class AllocatorTest {
  private static final long MIB = 1L << 20;

  private long available = 1024 * MIB;

  private Allocator allocator(OptionalLong limit) {
    return new Allocator(limit, () -> available);
  }

  @Test
  void refusesMoreThanThereIsAndLeavesSomeToTheJvm() {
    try (Allocator allocator = allocator(OptionalLong.empty())) {
      assertRefused(allocator, 1025 * MIB);
      assertThrows(OutOfMemoryException.class, () -> allocator.requireRoom("much", 1000 * MIB));
      allocator.requireRoom("all", 900 * MIB);
      allocator.allocate("all", 900 * MIB, Usage.CACHE).close();
    }
  }

  /** The system goes on saying that the memory is free as long as nothing is written to it. */
  @Test
  void countsWhatIsPromisedAndNotTouched() {
    try (Allocator allocator = allocator(OptionalLong.empty())) {
      Allocator.Region first = allocator.allocate("first", 600 * MIB, Usage.CACHE);
      assertRefused(allocator, 600 * MIB);
      allocator.allocate("less", 300 * MIB, Usage.CACHE).close();

      Memory.segment(first.address(), 200 * MIB).fill((byte) 1);
      available -= 200 * MIB; // as the system sees it now
      assertRefused(allocator, 450 * MIB);
      allocator.allocate("less", 300 * MIB, Usage.CACHE).close();

      first.close();
      available += 200 * MIB;
      allocator.allocate("as much", 600 * MIB, Usage.CACHE).close();
    }
  }

  /** Many pieces, none of which is much beside what there is. */
  @Test
  void countsManySmallPieces() {
    try (Allocator allocator = allocator(OptionalLong.empty())) {
      long taken = 0;
      while (true) {
        try {
          allocator.allocate("a piece", 8 * MIB, Usage.CACHE);
          taken += 8 * MIB;
        } catch (OutOfMemoryException e) {
          break;
        }
      }
      assertTrue(taken > 900 * MIB && taken <= 1024 * MIB, taken + " bytes");
    }
  }

  /** Others take memory after it was looked at. */
  @Test
  void looksAgainBeforeMuchIsTaken() {
    try (Allocator allocator = allocator(OptionalLong.empty())) {
      allocator.requireRoom("all", 900 * MIB);
      available = 200 * MIB;
      assertRefused(allocator, 300 * MIB);
      available = 2048 * MIB;
      allocator.allocate("more", 1500 * MIB, Usage.CACHE).close();
    }
  }

  @Test
  void knowsItsOwnLimit() {
    try (Allocator allocator = allocator(OptionalLong.of(100 * MIB))) {
      allocator.allocate("some", 60 * MIB, Usage.CACHE);
      OutOfMemoryException refusal =
          assertThrows(OutOfMemoryException.class, () -> allocator.requireRoom("much", 50 * MIB));
      assertEquals(
          "out of memory: much needs 52,428,800 bytes, 41,943,040 are available",
          refusal.getMessage());
      allocator.requireRoom("less", 40 * MIB);
    }
  }

  @Test
  void knowsWhichPagesAreThere() {
    try (Allocator allocator = allocator(OptionalLong.empty());
        Allocator.Region region = allocator.allocate("pages", 300 * MIB, Usage.CACHE)) {
      assertEquals(0, Libc.resident(region.address(), region.bytes()));
      Memory.set(region.address() + 280 * MIB, 1);
      long one = Libc.resident(region.address(), region.bytes());
      assertTrue(one >= 4096 && one <= 2 * MIB, one + " bytes");
      Memory.segment(region.address(), region.bytes()).fill((byte) 1);
      assertEquals(300 * MIB, Libc.resident(region.address(), region.bytes()));
    }
  }

  private static void assertRefused(Allocator allocator, long bytes) {
    assertThrows(OutOfMemoryException.class, () -> allocator.requireRoom("much", bytes));
    assertThrows(
        OutOfMemoryException.class, () -> allocator.allocate("much", bytes, Usage.CACHE).close());
  }
}
