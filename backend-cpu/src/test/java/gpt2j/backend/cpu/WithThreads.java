package gpt2j.backend.cpu;

import gpt2j.api.Availability;
import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;

/** Opens the processor with so many threads, however many it has. */
record WithThreads(int threads) implements BackendProvider {
  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Availability availability() {
    return new CpuBackendProvider().availability();
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CpuBackendProvider().open(options.withThreads(threads));
  }
}
