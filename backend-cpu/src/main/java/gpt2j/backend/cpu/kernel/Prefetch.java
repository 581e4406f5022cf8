package gpt2j.backend.cpu.kernel;

import gpt2j.backend.cpu.simd.Memory;

/**
 * Brings memory into the caches before a kernel works on it that does much for each byte. A
 * processor looks only some hundreds of instructions ahead: of such a kernel these are a dozen
 * lines of the cache, too few to be on their way from memory at a time; of this one they are all
 * that it can wait for. (Its own prefetching makes up for that on some machines, on others hardly.)
 */
public final class Prefetch {
  private static final int LINE = 64;

  private Prefetch() {}

  /**
   * Reads a number of each line.
   *
   * @param unused room for a number, without which nothing would be read
   */
  public static void touch(long from, long bytes, long unused) {
    int even = 0;
    int odd = 0;
    for (long at = from; at < from + bytes; at += 2 * LINE) {
      even += Memory.getInt(at);
      odd += Memory.getInt(at + LINE);
    }
    Memory.setInt(unused, even + odd);
  }
}
