package gpt2j.bench.result.setup;

import java.time.Instant;
import java.util.List;

/**
 * When, where and with what something was measured.
 *
 * @param format version of the file's layout, {@link gpt2j.bench.result.ResultFile#FORMAT}
 * @param startedAt when the run began; a resumed one, when it first began
 * @param updatedAt when the file was last written
 * @param complete false while something that was asked for is missing: the run goes on or was
 *     interrupted
 * @param machine where
 * @param version version of gpt2j
 * @param devices the devices of the backends that were opened
 * @param models the models that were loaded
 */
public record Header(
    int format,
    Instant startedAt,
    Instant updatedAt,
    boolean complete,
    MachineDescription machine,
    String version,
    List<DeviceDescription> devices,
    List<Model> models) {
  public Header {
    devices = List.copyOf(devices);
    models = List.copyOf(models);
  }
}
