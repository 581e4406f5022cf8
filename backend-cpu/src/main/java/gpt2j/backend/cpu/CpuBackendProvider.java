package gpt2j.backend.cpu;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;

/** Opens the CPU. */
final class CpuBackendProvider implements BackendProvider {
  private static final String REASON = "the CPU backend is not built yet";

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Availability availability() {
    return new Availability.Unavailable(REASON);
  }

  @Override
  public Backend open(BackendOptions options) {
    throw new BackendUnavailableException(REASON);
  }
}
