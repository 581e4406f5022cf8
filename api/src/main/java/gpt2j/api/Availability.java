package gpt2j.api;

import java.util.List;

/** Whether a backend can run on this machine. */
public sealed interface Availability {
  /**
   * It can.
   *
   * @param devices the devices to choose from, by ordinal; never empty
   */
  record Available(List<DeviceInfo> devices) implements Availability {
    public Available {
      devices = List.copyOf(devices);
    }
  }

  /**
   * It can't.
   *
   * @param reason one line that names what is missing
   */
  record Unavailable(String reason) implements Availability {}
}
