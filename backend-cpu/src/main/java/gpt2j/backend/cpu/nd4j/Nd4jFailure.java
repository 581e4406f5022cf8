package gpt2j.backend.cpu.nd4j;

import gpt2j.api.Words;
import gpt2j.api.host.PrivateFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Says in one line, with what to do, why ND4J or the threads of this backend didn't start. */
public final class Nd4jFailure {
  private static final String THREADS_ADVICE =
      "raise the number that ulimit -u or the container allows, or choose fewer threads";

  private Nd4jFailure() {}

  public static String describe(Throwable failure) {
    List<Throwable> chain = chain(failure);
    if (chain.stream().anyMatch(UnsatisfiedLinkError.class::isInstance)) {
      return "its native libraries, 440 MB, can't be unpacked to %s and loaded: %s; make room there or %s"
          .formatted(folder(), line(chain.getLast()), PrivateFolder.ADVICE);
    }
    if (chain.getLast() instanceof OutOfMemoryError && chain.toString().contains("native thread")) {
      return "its threads can't be started: " + THREADS_ADVICE;
    }
    if (chain.getLast() instanceof ClassNotFoundException missing) {
      return "a library is on no path of modules or classes: there is no class " + line(missing);
    }
    return line(chain.getLast());
  }

  /** The failure and what caused it, the first cause last. */
  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable at = failure; at != null && !chain.contains(at); at = at.getCause()) {
      chain.add(at);
    }
    return chain;
  }

  private static String line(Throwable failure) {
    String message = failure.getMessage();
    boolean isPlain =
        failure instanceof IOException
            || failure instanceof ClassNotFoundException
            || failure instanceof UnsatisfiedLinkError;
    if (isPlain && message != null) {
      return message;
    }
    return failure.toString().lines().findFirst().orElse("");
  }

  private static String folder() {
    try {
      return NativesFolder.get().path().toString();
    } catch (IOException e) {
      return "a folder";
    }
  }

  static String noThreads(int count) {
    return Words.count(count, "thread")
        + " can't be started beside those of the JVM: "
        + THREADS_ADVICE;
  }
}
