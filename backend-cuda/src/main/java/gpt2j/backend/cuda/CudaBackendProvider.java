package gpt2j.backend.cuda;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendException;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.DeviceInfo;
import gpt2j.api.DeviceKind;
import gpt2j.backend.cuda.driver.Context;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.backend.cuda.driver.Natives;
import gpt2j.backend.cuda.gemm.CublasLibrary;
import gpt2j.backend.cuda.gemm.GemmChoice;
import gpt2j.backend.cuda.launch.PtxVariant;
import gpt2j.backend.cuda.step.RunAhead;
import gpt2j.spi.CheckedBackend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens NVIDIA GPUs. */
final class CudaBackendProvider implements BackendProvider {
  /** Enough for the tiles of one product to fill every multiprocessor several times. */
  private static final int PREFILL_ROWS = 1024;

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Map<String, List<String>> settings() {
    return Map.of(GemmChoice.SETTING, GemmChoice.names(), RunAhead.SETTING, RunAhead.VALUES);
  }

  @Override
  public DeviceKind kind() {
    return DeviceKind.GPU;
  }

  @Override
  public Availability availability() {
    try {
      Optional<String> failure = Natives.driverFailure();
      return failure.isPresent() ? new Availability.Unavailable(failure.get()) : list();
    } catch (RuntimeException | LinkageError e) {
      return new Availability.Unavailable(reason(e));
    }
  }

  /** All devices, with what keeps one from being used among its properties. */
  private static Availability list() {
    List<DeviceInfo> infos = new ArrayList<>();
    List<String> misfits = new ArrayList<>();
    Map<String, String> cublas = Map.of("cuBLAS", CublasLibrary.load().toString());
    for (CudaDevice device : CudaDevice.all()) {
      Optional<String> misfit = PtxVariant.misfitOfAll(device);
      misfit.ifPresent(misfits::add);
      long free = misfit.isPresent() ? 0 : freeMemory(device);
      String kernels = misfit.orElseGet(() -> PtxVariant.usableBy(device).getFirst().toString());
      infos.add(describe(device, free, kernels, cublas));
    }
    if (infos.isEmpty()) {
      return new Availability.Unavailable("the NVIDIA driver finds no device");
    }
    return misfits.size() == infos.size()
        ? new Availability.Unavailable(misfits.getFirst())
        : new Availability.Available(infos);
  }

  private static long freeMemory(CudaDevice device) {
    try (Context context = new Context(device)) {
      return context.freeMemory();
    }
  }

  /**
   * What users are told of a device.
   *
   * @param more properties besides those of every device
   */
  static DeviceInfo describe(
      CudaDevice device, long freeMemory, String kernels, Map<String, String> more) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("capability", device.capability().toString());
    properties.put("multiprocessors", Integer.toString(device.multiprocessors()));
    properties.put("driver", "for CUDA " + device.driver());
    properties.put("kernels", kernels);
    properties.putAll(more);
    return new DeviceInfo(
        device.name(), device.totalMemory(), freeMemory, 1, PREFILL_ROWS, properties);
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CheckedBackend(name(), unchecked(options));
  }

  /** The backend's own part. */
  CudaBackend unchecked(BackendOptions options) {
    options.requireSettingsOf(this);
    GemmChoice gemm = GemmChoice.of(options);
    Natives.driverFailure()
        .ifPresent(
            reason -> {
              throw unavailable(reason);
            });
    try {
      CudaDevice device = device(options.device());
      return new CudaBackend(
          device, options.memoryLimit(), gemm, RunAhead.of(options), options.batchInvariant());
    } catch (BackendException | LinkageError e) {
      throw new BackendUnavailableException(unavailable(reason(e)).getMessage(), e);
    }
  }

  private static CudaDevice device(int ordinal) {
    List<CudaDevice> devices = CudaDevice.all();
    if (ordinal >= devices.size()) {
      throw new BackendUnavailableException(
          devices.isEmpty()
              ? "the NVIDIA driver finds no device"
              : "there is no device %d; the last one is %d".formatted(ordinal, devices.size() - 1));
    }
    return devices.get(ordinal);
  }

  private static BackendUnavailableException unavailable(String reason) {
    return new BackendUnavailableException("the cuda backend is unavailable: " + reason);
  }

  private static String reason(Throwable failure) {
    return failure instanceof RuntimeException
        ? String.valueOf(failure.getMessage())
        : failure.toString().lines().findFirst().orElse("");
  }
}
