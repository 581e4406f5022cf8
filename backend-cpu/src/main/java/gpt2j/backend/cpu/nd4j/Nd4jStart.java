package gpt2j.backend.cpu.nd4j;

import gpt2j.api.BackendUnavailableException;
import gpt2j.api.host.PrivateFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Starts ND4J: unpacks its native libraries, at the first time, and loads them. */
final class Nd4jStart {
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private Nd4jStart() {}

  /**
   * Returns once ND4J runs. One thread at a time: two that initialise classes of JavaCPP would wait
   * for each other for ever.
   *
   * @param threads how many will compute
   * @throws BackendUnavailableException in one line, why it doesn't run
   */
  static synchronized void run(int threads) {
    try {
      NativesFolder folder = NativesFolder.get();
      setUpJavaCpp(folder);
      requireThreads(threads);
      inSilence(
          () -> {
            try (INDArray first = Nd4j.createUninitialized(DataType.FLOAT, 1)) {
              assert first.length() == 1;
            }
          });
      if (folder.isTemporary()) {
        PrivateFolder.empty(folder.path()); // what is loaded stays mapped
      }
    } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
      throw new BackendUnavailableException(
          "the cpu backend is unavailable: " + Nd4jFailure.describe(e), e);
    }
  }

  /** By properties that JavaCPP reads when it is used for the first time, which others may have. */
  private static void setUpJavaCpp(NativesFolder folder) throws IOException {
    System.setProperty(NativesFolder.JAVACPP_PROPERTY, folder.path().toString());
    for (String limit : Requirements.LIMITS) {
      System.setProperty(limit, "0");
    }
    PrivateFolder.open(Loader.getCacheDir().toPath());
    if (Pointer.maxBytes() != 0 || Pointer.maxPhysicalBytes() != 0) {
      throw new IOException(
          "JavaCPP was used before with a limit of memory: start java with -D%s=0 -D%s=0"
              .formatted(Requirements.LIMITS.getFirst(), Requirements.LIMITS.getLast()));
    }
  }

  /**
   * Throws when so many threads can't be started beside those of the JVM. OpenMP ends the process
   * then. There must be room for twice as many, since the system counts those that have just ended.
   */
  private static void requireThreads(int count) throws IOException {
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> started = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * count; i++) {
        started.add(Thread.ofPlatform().daemon().name("gpt2j-trial").start(() -> awaitUnless(end)));
      }
    } catch (OutOfMemoryError e) {
      throw new IOException(Nd4jFailure.noThreads(count), e);
    } finally {
      end.countDown();
    }
  }

  private static void awaitUnless(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Without SLF4J's remark that it has nowhere to log to: who wants ND4J's log gives it a place.
   */
  private static void inSilence(Runnable work) {
    String before = System.getProperty(VERBOSITY);
    if (before == null) {
      System.setProperty(VERBOSITY, "ERROR");
    }
    try {
      work.run();
    } finally {
      if (before == null) {
        System.clearProperty(VERBOSITY);
      }
    }
  }
}
