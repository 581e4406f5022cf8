package gpt2j.cli.options;

import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendSpec;
import gpt2j.cli.io.OneLine;
import java.util.Iterator;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** One of the backends of this build, with settings of its own if there are; lists the backends. */
final class OfBackendSpec implements ITypeConverter<BackendSpec>, Iterable<String> {
  private final OfBackend backend;

  OfBackendSpec(Map<String, BackendProvider> backends) {
    backend = new OfBackend(backends);
  }

  @Override
  public BackendSpec convert(String text) {
    try {
      BackendSpec spec = BackendSpec.parse(text);
      BackendProvider provider = backend.convert(spec.name());
      spec.applyTo(BackendOptions.defaults()).requireSettingsOf(provider);
      return new BackendSpec(provider.name(), spec.settings());
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(OneLine.quote(text) + ": " + e.getMessage());
    }
  }

  @Override
  public Iterator<String> iterator() {
    return backend.iterator();
  }
}
