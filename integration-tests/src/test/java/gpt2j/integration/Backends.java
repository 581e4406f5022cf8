package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import java.util.Map;
import java.util.stream.Stream;

/** Opens this build's backends by name. */
final class Backends {
  private static final Map<String, BackendProvider> PROVIDERS =
      DaggerTestComponent.create().backends();

  private Backends() {}

  static Stream<String> names() {
    return PROVIDERS.keySet().stream().sorted();
  }

  static BackendProvider provider(String name) {
    return PROVIDERS.get(name);
  }

  static Backend open(String name, BackendOptions options) {
    return provider(name).open(options);
  }
}
