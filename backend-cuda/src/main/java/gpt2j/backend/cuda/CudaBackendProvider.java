package gpt2j.backend.cuda;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendUnavailableException;

/** The place of the CUDA backend; it says that this version has none. */
final class CudaBackendProvider implements BackendProvider {
  private static final String REASON = "this version of gpt2j has no CUDA backend yet";

  @Override
  public String name() {
    return "cuda";
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
