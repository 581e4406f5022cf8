package gpt2j.model.gpt2.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something under a hidden name that is either given its own name or deleted: by whoever writes it,
 * or, when the process is asked to end and the writer doesn't, by the thread that ends it.
 */
final class Unfinished implements AutoCloseable {
  /** How long the writer may take to notice that the process ends, in milliseconds. */
  private static final long PATIENCE = 1000;

  /** What is written while it is being deleted makes another turn necessary. */
  private static final int MOST_TURNS = 100;

  private final Path partial;
  private final Disk disk;
  private final @Nullable ProcessLock lock;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread cleaner = new Thread(this::deleteAtTheEnd);
  private boolean over;

  /**
   * Takes care of something that is there.
   *
   * @param lock keeps other processes from deleting it
   */
  Unfinished(Path partial, Disk disk, @Nullable ProcessLock lock) {
    this.partial = partial;
    this.disk = disk;
    this.lock = lock;
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /** Gives something its name. */
  @FunctionalInterface
  interface Naming {
    void run() throws IOException;
  }

  /** Does that unless it was deleted. */
  synchronized void commit(Naming naming) throws IOException {
    if (over) {
      throw new IOException("the process ends");
    }
    naming.run();
    over = true;
  }

  @Override
  public void close() {
    try (lock) {
      delete(1);
    } finally {
      closed.countDown();
      removeHook();
    }
  }

  private void removeHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException shuttingDown) {
      // the hook finds nothing left to do
    }
  }

  /** What the thread does that ends the process. */
  void deleteAtTheEnd() {
    try {
      boolean ignored = closed.await(PATIENCE, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    delete(MOST_TURNS);
  }

  private synchronized void delete(int turns) {
    if (over) {
      return;
    }
    over = true;
    for (int i = 0; i < turns && Files.exists(partial, LinkOption.NOFOLLOW_LINKS); i++) {
      try {
        disk.delete(partial);
      } catch (IOException e) {
        // something was written meanwhile, or nothing more can be done
      }
    }
  }
}
