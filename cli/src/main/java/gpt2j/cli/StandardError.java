package gpt2j.cli;

/**
 * Standard error as the launcher found it.
 *
 * <p>While the JVM boots, it warns of the Vector API, and no option silences that. So the launcher
 * starts java with a filter as standard error, and with the real one as another descriptor, whose
 * number it gives in a system property. Taking the real one back ends the filter: from then on
 * standard error is a terminal if it was one, and nothing comes late.
 */
final class StandardError {
  private static final String PROPERTY = "gpt2j.stderr.fd";
  private static final int STANDARD_ERROR = 2;

  private StandardError() {}

  /**
   * Begins to take back the real standard error, beside other work. The thread must have ended
   * before anything is written. Without the launcher's property nothing is done.
   */
  static Thread restore() {
    return Thread.ofPlatform()
        .name("standard-error")
        .daemon()
        .start(
            () -> {
              var descriptor = Integer.getInteger(PROPERTY);
              if (descriptor != null) {
                replaceBy(descriptor);
              }
            });
  }

  private static void replaceBy(int descriptor) {
    var duplicate = Descriptors.function("dup2", 2);
    var close = Descriptors.function("close", 1);
    try {
      // A failure leaves standard error behind the filter, which passes on what it is given.
      if ((int) duplicate.invokeExact(descriptor, STANDARD_ERROR) == STANDARD_ERROR) {
        var ignored = (int) close.invokeExact(descriptor);
      }
    } catch (Throwable e) {
      throw new AssertionError("dup2 and close throw nothing", e);
    }
  }
}
