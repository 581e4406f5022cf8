package gpt2j.cli;

import dagger.Component;
import gpt2j.api.BackendProvider;
import gpt2j.backend.cpu.CpuBackendModule;
import gpt2j.backend.cuda.CudaBackendModule;
import jakarta.inject.Singleton;
import java.util.Map;

/** Wires the backends, at compile time. */
@Singleton
@Component(modules = {CpuBackendModule.class, CudaBackendModule.class})
interface CliComponent {
  /** Every backend of this build by name. */
  Map<String, BackendProvider> backends();
}
