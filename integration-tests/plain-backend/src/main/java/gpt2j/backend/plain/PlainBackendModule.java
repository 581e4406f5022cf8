package gpt2j.backend.plain;

import dagger.Module;
import dagger.Provides;
import dagger.multibindings.IntoMap;
import dagger.multibindings.StringKey;
import gpt2j.api.BackendProvider;

/** Adds the backend to a component's {@code Map<String, BackendProvider>}, under its name. */
@Module
public interface PlainBackendModule {
  /** Making it opens nothing. */
  @Provides
  @IntoMap
  @StringKey("plain")
  static BackendProvider provider() {
    return new PlainBackendProvider();
  }
}
