package gpt2j.bench.visualize;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.testkit.BackendContract;
import gpt2j.testkit.ReferenceBackendProvider;

/** A backend that is watched still does all that a backend must do. */
class ObservedBackendTest extends BackendContract {
  @Override
  protected BackendProvider provider() {
    return new BackendProvider() {
      private final BackendProvider reference = new ReferenceBackendProvider();

      @Override
      public String name() {
        return "observed";
      }

      @Override
      public Availability availability() {
        return reference.availability();
      }

      @Override
      public Backend open(BackendOptions options) {
        ObservedBackend backend = new ObservedBackend(reference.open(options));
        backend.observe(ObservedOperations.ALL_LAYERS, attention -> {});
        return backend;
      }
    };
  }
}
