package gpt2j.cli.options;

import gpt2j.api.BackendProvider;
import java.util.Map;
import java.util.TreeMap;

/** One of the backends of this build. */
public final class OfBackend extends Choice<BackendProvider> {
  public OfBackend(Map<String, BackendProvider> backends) {
    super(new TreeMap<>(backends));
  }
}
