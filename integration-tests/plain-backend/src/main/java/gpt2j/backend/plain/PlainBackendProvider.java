package gpt2j.backend.plain;

import module gpt2j.api;
import module java.base;

/** Opens the backend, which has one device and is there wherever Java is. */
final class PlainBackendProvider implements BackendProvider {
  @Override
  public String name() {
    return "plain";
  }

  @Override
  public DeviceKind kind() {
    return DeviceKind.PROCESSOR;
  }

  @Override
  public Availability availability() {
    return new Availability.Available(
        List.of(new PlainBackend(BackendOptions.defaults()).device()));
  }

  /** Any number of threads will do, and it is batch-invariant also when nobody asks for it. */
  @Override
  public Backend open(BackendOptions options) {
    options.requireSettingsOf(this);
    if (options.device() != 0) {
      throw new BackendUnavailableException("the plain backend has no device " + options.device());
    }
    return new CheckedBackend(name(), new PlainBackend(options));
  }
}
