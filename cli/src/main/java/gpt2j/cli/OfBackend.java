package gpt2j.cli;

import gpt2j.api.BackendProvider;
import java.util.Map;
import java.util.TreeMap;

/** One of the backends of this build. */
final class OfBackend extends Choice<BackendProvider> {
  OfBackend(Map<String, BackendProvider> backends) {
    super(new TreeMap<>(backends));
  }
}
