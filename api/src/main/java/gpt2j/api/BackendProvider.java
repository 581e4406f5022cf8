package gpt2j.api;

import java.util.List;
import java.util.Map;

/**
 * A kind of hardware that gpt2j can run on. Each backend module contributes one to a {@code
 * Map<String, BackendProvider>} by Dagger. Making one costs nothing: no native library is loaded
 * before {@link #availability} or {@link #open} is called.
 */
public interface BackendProvider {
  /** The name that users give, such as {@code cpu} or {@code cuda}. */
  String name();

  /** What it computes on. */
  default DeviceKind kind() {
    return DeviceKind.OTHER;
  }

  /** Whether {@link #open} can work here, and if not, why not. Never throws. */
  Availability availability();

  /**
   * The settings of this kind of hardware alone: for each name the values that it may have, the
   * default first. See {@link BackendOptions#settings}.
   */
  default Map<String, List<String>> settings() {
    return Map.of();
  }

  /**
   * Begins in the background what opening will need, for programs that know early which backend
   * they will probably open and have something else to do before. Returns at once, and fails never:
   * what can't be done is told by {@link #open}. Does nothing where there is nothing to gain.
   */
  default void prepare() {}

  /**
   * Opens a device.
   *
   * @return a {@link gpt2j.spi.CheckedBackend}
   * @throws BackendUnavailableException when it can't be opened, or there is no such device, with
   *     the reason in one line
   * @throws IllegalArgumentException when the options have a setting, or a value of one, that is
   *     not among {@link #settings}
   * @throws UnsupportedException when it can't be {@link BackendOptions#batchInvariant}, or not
   *     with those settings, with the reason in one line
   */
  Backend open(BackendOptions options);
}
