package gpt2j.cli;

import dagger.BindsInstance;
import dagger.Component;
import gpt2j.api.BackendProvider;
import gpt2j.backend.cpu.CpuBackendModule;
import gpt2j.backend.cuda.CudaBackendModule;
import gpt2j.hub.Hub;
import gpt2j.hub.HubModule;
import jakarta.inject.Singleton;
import java.util.Map;

/** Wires the backends and the hub, at compile time. */
@Singleton
@Component(modules = {CpuBackendModule.class, CudaBackendModule.class, HubModule.class})
interface CliComponent {
  /** Every backend of this build by name. */
  Map<String, BackendProvider> backends();

  /** Where models are that are known by a name. */
  Hub hub();

  /** Makes it. */
  @Component.Factory
  interface Factory {
    /**
     * The component of a process.
     *
     * @param environment its environment variables
     */
    CliComponent create(@BindsInstance Map<String, String> environment);
  }
}
