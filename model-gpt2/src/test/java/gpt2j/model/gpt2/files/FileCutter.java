package gpt2j.model.gpt2.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Cuts a file off at any length and puts it back in place, again and again while it is read. {@code
 * gpt2j.test.cut.seconds} says how long, 2 by default.
 */
public final class FileCutter {
  private static final int SECONDS = Integer.getInteger("gpt2j.test.cut.seconds", 2);

  private FileCutter() {}

  /** Whatever reads a file. */
  @FunctionalInterface
  public interface Reading {
    void run() throws Exception;
  }

  /**
   * The file is read, or refused in a line that names it; both go on until either has happened. If
   * it were mapped, the process would end.
   */
  public static void race(Path file, Reading reading, Class<? extends Exception> refusal)
      throws Exception {
    byte[] content = Files.readAllBytes(file);
    AtomicInteger cuts = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    Thread cutter = Thread.ofPlatform().start(() -> cut(file, content, cuts, refused));
    try {
      while (cutter.isAlive()) {
        try {
          reading.run();
        } catch (Exception e) {
          if (!refusal.isInstance(e)) {
            throw e;
          }
          refused.incrementAndGet();
          assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
          assertEquals(-1, e.getMessage().indexOf('\n'), e.getMessage());
        }
      }
    } finally {
      refused.incrementAndGet(); // lest it goes on for ever
      cutter.join();
    }
    assertTrue(cuts.get() > 0);
    Files.write(file, content);
    reading.run();
  }

  private static void cut(Path file, byte[] content, AtomicInteger cuts, AtomicInteger refused) {
    Random random = new Random(1);
    long start = System.nanoTime();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      while (System.nanoTime() - start < SECONDS * 1_000_000_000L || refused.get() == 0) {
        int length = random.nextInt(content.length);
        pause(random.nextInt(1 << 15));
        channel.truncate(length);
        cuts.incrementAndGet();
        pause(random.nextInt(1 << 13));
        channel.write(ByteBuffer.wrap(content, length, content.length - length), length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pause(int looks) {
    for (int look = 0; look < looks; look++) {
      Thread.onSpinWait();
    }
  }
}
