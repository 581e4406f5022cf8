package gpt2j.backend.cuda;

import dagger.Module;
import dagger.Provides;
import dagger.multibindings.IntoMap;
import dagger.multibindings.StringKey;
import gpt2j.api.BackendProvider;

/** Contributes the backend named {@code cuda}. */
@Module
public interface CudaBackendModule {
  @Provides
  @IntoMap
  @StringKey("cuda")
  static BackendProvider provider() {
    return new CudaBackendProvider();
  }
}
