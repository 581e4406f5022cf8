package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gpt2j.api.Availability.Unavailable;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import org.junit.jupiter.api.Test;

class CudaBackendProviderTest {
  private final CudaBackendProvider provider = new CudaBackendProvider();

  @Test
  void saysWhyItIsUnavailableAndRefusesToOpenForTheSameReason() {
    var unavailable = assertInstanceOf(Unavailable.class, provider.availability());
    var refusal =
        assertThrows(
            BackendUnavailableException.class, () -> provider.open(BackendOptions.defaults()));

    assertEquals("this version of gpt2j has no CUDA backend yet", unavailable.reason());
    assertEquals(unavailable.reason(), refusal.getMessage());
  }
}
