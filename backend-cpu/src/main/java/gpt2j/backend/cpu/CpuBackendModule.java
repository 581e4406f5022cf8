package gpt2j.backend.cpu;

import dagger.Module;
import dagger.Provides;
import dagger.multibindings.IntoMap;
import dagger.multibindings.StringKey;
import gpt2j.api.BackendProvider;

/** Contributes the backend named {@code cpu}. */
@Module
public interface CpuBackendModule {
  @Provides
  @IntoMap
  @StringKey("cpu")
  static BackendProvider provider() {
    return new CpuBackendProvider();
  }
}
