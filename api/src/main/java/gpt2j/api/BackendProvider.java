package gpt2j.api;

/**
 * A kind of hardware that gpt2j can run on. Each backend module contributes one to a {@code
 * Map<String, BackendProvider>} by Dagger. Making one costs nothing: no native library is loaded
 * before {@link #availability} or {@link #open} is called.
 */
public interface BackendProvider {
  /** The name that users give, such as {@code cpu} or {@code cuda}. */
  String name();

  /** Whether {@link #open} can work here, and if not, why not. Never throws. */
  Availability availability();

  /**
   * Opens a device.
   *
   * @throws BackendUnavailableException when it can't be opened, with the reason in one line
   */
  Backend open(BackendOptions options);
}
