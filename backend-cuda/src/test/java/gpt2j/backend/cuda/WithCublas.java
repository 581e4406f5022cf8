package gpt2j.backend.cuda;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.backend.cuda.gemm.GemmChoice;
import java.util.List;
import java.util.Map;

/** Opens with cuBLAS whatever is asked for. */
record WithCublas(BackendProvider provider) implements BackendProvider {
  @Override
  public String name() {
    return provider.name();
  }

  @Override
  public Map<String, List<String>> settings() {
    return provider.settings();
  }

  @Override
  public Availability availability() {
    return provider.availability();
  }

  @Override
  public Backend open(BackendOptions options) {
    return provider.open(options.withSetting(GemmChoice.SETTING, "cublas"));
  }
}
