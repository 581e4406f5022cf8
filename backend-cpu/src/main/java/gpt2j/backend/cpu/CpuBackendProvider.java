package gpt2j.backend.cpu;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceKind;
import gpt2j.backend.cpu.machine.Machine;
import gpt2j.backend.cpu.nd4j.Nd4jFailure;
import gpt2j.backend.cpu.nd4j.Requirements;
import gpt2j.spi.CheckedBackend;
import java.util.List;

/** Opens the processor. */
public final class CpuBackendProvider implements BackendProvider {
  /** Makes a provider; the processor is opened by {@link #open}. */
  public CpuBackendProvider() {}

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public DeviceKind kind() {
    return DeviceKind.PROCESSOR;
  }

  @Override
  public Availability availability() {
    try {
      return Requirements.missing()
          .<Availability>map(Availability.Unavailable::new)
          .orElseGet(() -> new Availability.Available(List.of(Machine.describe())));
    } catch (RuntimeException | LinkageError e) {
      return new Availability.Unavailable(Nd4jFailure.describe(e));
    }
  }

  /** Has the JVM compile the kernels that every model needs. */
  @Override
  public void prepare() {
    Thread.ofPlatform()
        .daemon()
        .name("gpt2j-cpu-prepare")
        .start(
            () -> {
              if (availability() instanceof Availability.Available) {
                WarmUp.start();
              }
            });
  }

  @Override
  public Backend open(BackendOptions options) {
    options.requireSettingsOf(this);
    if (availability() instanceof Availability.Unavailable(String reason)) {
      throw new BackendUnavailableException("the cpu backend is unavailable: " + reason);
    }
    if (options.device() != 0) {
      throw new BackendUnavailableException(
          "the cpu backend has one device, number 0; there is no device " + options.device());
    }
    try {
      return new CheckedBackend(name(), new CpuBackend(options));
    } catch (LinkageError | IllegalCallerException | OutOfMemoryError e) {
      throw new BackendUnavailableException(
          "the cpu backend is unavailable: " + Nd4jFailure.describe(e), e);
    }
  }
}
