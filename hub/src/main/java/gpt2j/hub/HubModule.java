package gpt2j.hub;

import dagger.Module;
import dagger.Provides;
import java.util.Map;

/**
 * Provides the {@link Hub} to programs that Dagger wires, by the environment variables that these
 * bind: a {@code Map<String, String>}.
 */
@Module
public interface HubModule {
  @Provides
  static Hub hub(Map<String, String> environment) {
    return Hub.of(environment);
  }
}
