package gpt2j.testkit;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.spi.ForwardingBackend;
import java.util.function.UnaryOperator;

/**
 * A bug that a backend might have.
 *
 * @param name what is wrong
 * @param part the part of the contract that must notice
 * @param plant makes a backend with the bug of one without
 * @param options what the backend makes of the options it is opened with
 */
record Sabotage(
    String name,
    Class<? extends Part> part,
    UnaryOperator<Backend> plant,
    UnaryOperator<BackendOptions> options) {
  static Sabotage of(String name, Class<? extends Part> part, UnaryOperator<Backend> plant) {
    return new Sabotage(name, part, plant, UnaryOperator.identity());
  }

  static Sabotage none() {
    return of("no bug", Contract.class, ForwardingBackend::new);
  }

  /** Opens the reference backend with the bug planted. */
  BackendProvider provider() {
    BackendProvider reference = new ReferenceBackendProvider();
    return new BackendProvider() {
      @Override
      public String name() {
        return "sabotaged";
      }

      @Override
      public Availability availability() {
        return reference.availability();
      }

      @Override
      public Backend open(BackendOptions given) {
        return plant.apply(reference.open(options.apply(given)));
      }
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
