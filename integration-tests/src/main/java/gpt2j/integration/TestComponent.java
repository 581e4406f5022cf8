package gpt2j.integration;

import dagger.Component;
import gpt2j.api.BackendProvider;
import gpt2j.backend.cpu.CpuBackendModule;
import gpt2j.backend.cuda.CudaBackendModule;
import gpt2j.backend.plain.PlainBackendModule;
import jakarta.inject.Singleton;
import java.util.Map;

/** Wires the backends, at compile time. */
@Singleton
@Component(modules = {CpuBackendModule.class, CudaBackendModule.class, PlainBackendModule.class})
interface TestComponent {
  /** Every backend of this build by name. */
  Map<String, BackendProvider> backends();
}
