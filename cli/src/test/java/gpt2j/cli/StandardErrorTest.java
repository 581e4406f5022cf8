package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StandardErrorTest {
  /** Runs in a JVM of its own, whose standard error goes nowhere until it is taken back. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) throws InterruptedException {
      System.err.println("before");
      StandardError.restore().join();
      System.err.println("after");
    }
  }

  @Test
  void takesBackTheDescriptorThatThePropertyNames() throws Exception {
    assertEquals("after", standardErrorOfProbe("-Dgpt2j.stderr.fd=3"));
  }

  @Test
  void doesNothingWithoutTheProperty() throws Exception {
    assertEquals("", standardErrorOfProbe("-Dunrelated=3"));
  }

  private static String standardErrorOfProbe(String property) throws Exception {
    var process =
        new ProcessBuilder(
                "bash",
                "-c",
                "exec \"$@\" 3>&2 2>/dev/null",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                property,
                "--class-path",
                "target/classes:target/test-classes",
                Probe.class.getName())
            .start();
    try (var error = process.errorReader()) {
      var text = error.lines().collect(Collectors.joining("\n"));
      assertEquals(0, process.waitFor());
      return text;
    }
  }
}
