package gpt2j.bench.measure;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.BackendSpec;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.result.setup.DeviceDescription;
import gpt2j.bench.result.setup.Model;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.LoadOptions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Opens backends and loads models, each once. */
public final class OpenSubjects implements AutoCloseable {
  private record BackendKey(String name, OptionalInt threads) {}

  private final BenchContext context;
  private final RunLog log;
  private final ModelStore store;
  private final Map<BackendKey, Backend> backends = new LinkedHashMap<>();
  private final Map<Subject.Key, Subject> subjects = new LinkedHashMap<>();
  private final Set<String> noted = new HashSet<>();

  /** Nothing is opened yet; what is, the log is told. */
  public OpenSubjects(BenchContext context, RunLog log) {
    this.context = context;
    this.log = log;
    store = new ModelStore(context);
  }

  /**
   * The subject, opened now unless it is open.
   *
   * @throws BenchException when there is no such backend, or it doesn't have the precision
   */
  public Subject open(Subject.Key key) {
    Subject open = subjects.get(key);
    if (open != null) {
      return open;
    }
    context.check();
    Backend backend = backend(key);
    requireSupport(key, backend);
    String task = "loading " + Model.name(key.model());
    LoadOptions options =
        LoadOptions.defaults()
            .withPrecision(key.precision())
            .withCacheType(spec(key.backend()).cachePrecision())
            .withProgress((bytes, total) -> context.listener().progressed(task, bytes, total))
            .withNotes(this::note);
    Gpt2 gpt2 = Gpt2.load(store.directory(key.model()), backend, options);
    Subject subject =
        new Subject(
            key,
            backend,
            gpt2,
            ModelStore.describe(key.model(), gpt2.config()),
            context.kind(key.backend()),
            key.threads().orElse(backend.device().threads()));
    subjects.put(key, subject);
    log.add(subject.model());
    return subject;
  }

  /** A model may be loaded several times, but its notes are told once. */
  private void note(String note) {
    if (noted.add(note)) {
      context.listener().note("note: " + note);
    }
  }

  /** Closes every subject but these, and the backends that nobody uses then. */
  public void keepOnly(Set<Subject.Key> keys) {
    closeOthers(subjects, keys, subject -> subject.gpt2().close());
    Set<BackendKey> used =
        subjects.keySet().stream()
            .map(key -> new BackendKey(key.backend(), key.threads()))
            .collect(Collectors.toSet());
    closeOthers(backends, used, Backend::close);
  }

  private static <K, V> void closeOthers(Map<K, V> open, Set<K> kept, Consumer<V> close) {
    open.entrySet()
        .removeIf(
            entry -> {
              boolean goes = !kept.contains(entry.getKey());
              if (goes) {
                close.accept(entry.getValue());
              }
              return goes;
            });
  }

  private Backend backend(Subject.Key key) {
    return backends.computeIfAbsent(
        new BackendKey(key.backend(), key.threads()),
        wanted -> {
          BackendSpec spec = spec(wanted.name());
          BackendProvider provider = context.backends().get(spec.name());
          if (provider == null) {
            throw BenchException.usage(
                "there is no backend %s; choose one of %s"
                    .formatted(
                        spec.name(),
                        String.join(", ", new TreeSet<>(context.backends().keySet()))));
          }
          BackendOptions options = spec.applyTo(BackendOptions.defaults());
          if (wanted.threads().isPresent()) {
            options = options.withThreads(wanted.threads().getAsInt());
          }
          requireSettings(options, provider);
          Backend backend = provider.open(options);
          log.add(describe(wanted.name(), backend));
          return backend;
        });
  }

  private static BackendSpec spec(String text) {
    try {
      return BackendSpec.parse(text);
    } catch (IllegalArgumentException e) {
      throw BenchException.usage(e.getMessage());
    }
  }

  private static void requireSettings(BackendOptions options, BackendProvider provider) {
    try {
      options.requireSettingsOf(provider);
    } catch (IllegalArgumentException e) {
      throw BenchException.usage(e.getMessage());
    }
  }

  private static DeviceDescription describe(String name, Backend backend) {
    var device = backend.device();
    return new DeviceDescription(
        name, device.name(), device.totalMemory(), device.threads(), device.properties());
  }

  private static void requireSupport(Subject.Key key, Backend backend) {
    if (!backend.supports(key.precision())) {
      String supported =
          Arrays.stream(WeightFormat.values())
              .filter(backend::supports)
              .map(precision -> precision.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", "));
      throw BenchException.failure(
          "the backend %s doesn't have %s; it has %s"
              .formatted(
                  key.backend(), key.precision().name().toLowerCase(Locale.ROOT), supported));
    }
  }

  @Override
  public void close() {
    keepOnly(Set.of());
  }
}
