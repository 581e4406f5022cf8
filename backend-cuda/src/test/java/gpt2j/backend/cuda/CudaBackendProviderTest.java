package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gpt2j.api.Availability;
import gpt2j.api.Availability.Unavailable;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.backend.cuda.driver.Natives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the provider says on the machine as it is, with a driver or without. */
class CudaBackendProviderTest {
  private final CudaBackendProvider provider = new CudaBackendProvider();

  @Test
  void refusesToOpenForTheReasonThatItGives() {
    Availability availability = provider.availability();
    assumeTrue(availability instanceof Unavailable, "this machine has a device");
    String reason = ((Unavailable) availability).reason();
    BackendUnavailableException refusal =
        assertThrows(
            BackendUnavailableException.class, () -> provider.open(BackendOptions.defaults()));

    assertEquals(1, reason.lines().count(), reason);
    assertEquals("the cuda backend is unavailable: " + reason, refusal.getMessage());
  }

  @Test
  void saysTheSameEachTime() {
    Availability first = provider.availability();
    assumeTrue(first instanceof Unavailable, "this machine has a device");
    assertEquals(first, provider.availability());
    assertEquals(first, new CudaBackendProvider().availability());
  }

  @Test
  void namesTheMissingDriver() {
    assumeTrue(
        Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64")
            .noneMatch(folder -> Files.exists(Path.of(folder, "libcuda.so.1"))),
        "this machine has a driver");
    assertEquals(
        new Unavailable("there is no NVIDIA driver: libcuda.so.1 was not found"),
        provider.availability());
  }

  @Test
  void loadingLeavesNothingBehind() throws IOException {
    String before = System.getProperty("java.io.tmpdir");
    List<Path> copies = new ArrayList<>();
    Natives.initialize(
        "JCudaDriver",
        UnaryOperator.identity(),
        () -> {
          Path folder = Path.of(System.getProperty("java.io.tmpdir"));
          try (Stream<Path> files = Files.list(folder)) {
            files.forEach(copies::add);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    assertEquals(1, copies.size(), copies.toString());
    assertFalse(Files.exists(copies.getFirst()));
    assertFalse(Files.exists(copies.getFirst().getParent()));
    assertEquals(before, System.getProperty("java.io.tmpdir"));
  }
}
