package gpt2j.bench.measure;

import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.setup.DeviceDescription;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.MachineDescription;
import gpt2j.bench.result.setup.Model;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what the header of a result says. */
public final class RunLog {
  private final Instant startedAt;
  private final String version;
  private final MachineDescription machine = Machines.here();
  private final Map<String, DeviceDescription> devices = new LinkedHashMap<>();
  private final Map<String, Model> models = new LinkedHashMap<>();

  /** Of a run that begins now. */
  public RunLog(String version) {
    startedAt = Instant.now();
    this.version = version;
  }

  /** Of a run that goes on. */
  public RunLog(String version, Header before) {
    startedAt = before.startedAt();
    this.version = version;
    addAll(before);
  }

  /** Takes over the devices and models of another run. */
  public void addAll(Header other) {
    other.devices().forEach(this::add);
    other.models().forEach(this::add);
  }

  void add(DeviceDescription device) {
    devices.put(device.backend(), device);
  }

  void add(Model model) {
    models.put(model.name(), model);
  }

  /** The header as of now. */
  public Header header(boolean complete) {
    List<DeviceDescription> devicesNow = new ArrayList<>(devices.values());
    return new Header(
        ResultFile.FORMAT,
        startedAt,
        Instant.now(),
        complete,
        machine,
        version,
        devicesNow,
        new ArrayList<>(models.values()));
  }
}
