package gpt2j.cli.options;

import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendSpec;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Program;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.options.Arguments.Flag;
import gpt2j.model.gpt2.config.Gpt2Size;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Values with commas between them, at least one and none twice.
 *
 * @param values in the order given
 */
public record Several<T>(List<T> values) {
  public Several {
    values = List.copyOf(values);
  }

  static <T> Several<T> of(T value) {
    return new Several<>(List.of(value));
  }

  /** Reads each value as another converter does; lists what that lists. */
  abstract static class Converter<T> implements ITypeConverter<Several<T>>, Iterable<String> {
    private final ITypeConverter<T> each;

    Converter(ITypeConverter<T> each) {
      this.each = each;
    }

    @Override
    public final Several<T> convert(String text) throws Exception {
      List<T> values = new ArrayList<>();
      for (String part : text.split(",", -1)) {
        T value = each.convert(part.strip());
        if (values.contains(value)) {
          throw new TypeConversionException("names " + OneLine.quote(part.strip()) + " twice");
        }
        values.add(value);
      }
      return new Several<>(values);
    }

    @Override
    public final Iterator<String> iterator() {
      if (each instanceof Iterable<?> names) {
        List<String> all = new ArrayList<>();
        names.forEach(name -> all.add(name.toString()));
        return all.iterator();
      }
      return List.<String>of().iterator();
    }
  }

  /** How many of something, several times. */
  public static final class OfCounts extends Converter<Integer> {
    OfCounts() {
      super(new Quantity.Count());
    }
  }

  /** True, false, or both. */
  public static final class OfFlags extends Converter<Boolean> {
    OfFlags() {
      super(new Flag());
    }
  }

  /** Precisions of weights. */
  public static final class OfPrecisions extends Converter<WeightFormat> {
    OfPrecisions() {
      super(new Choice.OfPrecision());
    }
  }

  /** Standard sizes. */
  public static final class OfSizes extends Converter<Gpt2Size> {
    OfSizes() {
      super(new Choice.OfSize());
    }
  }

  /** Programs to measure beside. */
  public static final class OfPrograms extends Converter<Program> {
    OfPrograms() {
      super(new Choice.OfProgram());
    }
  }

  /** Backends of this build. */
  public static final class OfBackends extends Converter<BackendSpec> {
    public OfBackends(Map<String, BackendProvider> backends) {
      super(new BackendSpecs(new Choice.OfBackend(backends)));
    }
  }

  /** A backend, with settings of its own if there are; lists the backends. */
  private record BackendSpecs(Choice.OfBackend backend)
      implements ITypeConverter<BackendSpec>, Iterable<String> {
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
}
