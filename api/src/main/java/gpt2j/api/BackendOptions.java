package gpt2j.api;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How to open a backend.
 *
 * @param device which device, counted from 0
 * @param threads host threads that compute; empty for the backend's default
 * @param memoryLimit bytes that the backend may allocate on the device; empty for no limit
 */
public record BackendOptions(int device, OptionalInt threads, OptionalLong memoryLimit) {
  public BackendOptions {
    if (device < 0) {
      throw new IllegalArgumentException("device must be 0 or more, not " + device);
    }
    if (threads.isPresent() && threads.getAsInt() < 1) {
      throw new IllegalArgumentException("threads must be 1 or more, not " + threads.getAsInt());
    }
    if (memoryLimit.isPresent() && memoryLimit.getAsLong() < 1) {
      throw new IllegalArgumentException(
          "the memory limit must be 1 byte or more, not " + memoryLimit.getAsLong());
    }
  }

  /** The first device, the backend's default number of threads, no memory limit. */
  public static BackendOptions defaults() {
    return new BackendOptions(0, OptionalInt.empty(), OptionalLong.empty());
  }

  public BackendOptions withThreads(int count) {
    return new BackendOptions(device, OptionalInt.of(count), memoryLimit);
  }

  public BackendOptions withMemoryLimit(long bytes) {
    return new BackendOptions(device, threads, OptionalLong.of(bytes));
  }
}
