package gpt2j.testkit;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.opentest4j.TestAbortedException;

/** A contract: which backend it is about, and what becomes of what that backend lacks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Suite {
  private final Map<Feature, Integer> aborted = new EnumMap<>(Feature.class);
  private @Nullable Backend backend;
  private @Nullable Backend reference;

  /** The backend to be tested. */
  protected abstract BackendProvider provider();

  /** What the backend is known to lack; nothing, unless overridden. */
  protected Set<Feature> unsupported() {
    return Set.of();
  }

  /**
   * Whether a machine without the device is no failure: then the whole contract is skipped, with
   * the reason.
   */
  protected boolean mayBeUnavailable() {
    return false;
  }

  @BeforeAll
  final void open() {
    if (provider().availability() instanceof Availability.Unavailable(String reason)) {
      String message = provider().name() + " is unavailable: " + reason;
      Assumptions.assumeFalse(mayBeUnavailable(), message);
      Assertions.fail(message);
    }
    backend = provider().open(BackendOptions.defaults());
    reference = new ReferenceBackendProvider().open(BackendOptions.defaults());
  }

  @AfterAll
  final void close() {
    if (backend != null) {
      backend.close();
    }
    if (reference != null) {
      reference.close();
    }
    int tests = aborted.values().stream().mapToInt(Integer::intValue).sum();
    if (tests > 0) {
      System.err.printf("UNSUPPORTED by %s: %d tests %s%n", provider().name(), tests, aborted);
    }
  }

  final Backend backend() {
    return Objects.requireNonNull(backend, "not open");
  }

  final Backend reference() {
    return Objects.requireNonNull(reference, "not open");
  }

  /** Ends the test that met a missing feature: aborted where that is known, failed otherwise. */
  final RuntimeException lacking(Feature feature, String message) {
    String line = "UNSUPPORTED: " + feature + ": " + message;
    if (!unsupported().contains(feature)) {
      throw new AssertionError("unexpected " + line);
    }
    aborted.merge(feature, 1, Integer::sum);
    throw new TestAbortedException(line);
  }
}
