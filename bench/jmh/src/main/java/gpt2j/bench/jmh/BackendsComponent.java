package gpt2j.bench.jmh;

import dagger.Component;
import gpt2j.api.BackendProvider;
import gpt2j.backend.cpu.CpuBackendModule;
import gpt2j.backend.cuda.CudaBackendModule;
import jakarta.inject.Singleton;
import java.util.Map;

/** Wires the backends, at compile time. */
@Singleton
@Component(modules = {CpuBackendModule.class, CudaBackendModule.class})
interface BackendsComponent {
  /** Every backend of this build by name. */
  Map<String, BackendProvider> backends();
}
