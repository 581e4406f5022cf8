package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM ends at any moment while its threads generate, score and train: with the exit code asked
 * for, without a crash, in time. {@code -Dgpt2j.life.deaths} says how many JVMs.
 */
final class JvmDeathTest {
  private static final int CODE = 7;
  private static final int TERMINATED = 128 + 15;

  @TempDir private Path folder;

  @Test
  void exitCodes() throws IOException, InterruptedException {
    int deaths = Integer.getInteger("gpt2j.life.deaths", 3);
    long seed = Long.getLong("gpt2j.life.seed", 1);
    System.out.printf("deaths of JVMs: %d, seed %d%n", deaths, seed);
    Random random = new Random(seed);
    for (int death = 0; death < deaths; death++) {
      boolean bySignal = death % 2 == 1;
      boolean holdingTheLock = death % 4 == 2;
      die(random.nextInt(300), bySignal, holdingTheLock);
    }
  }

  private void die(int millis, boolean bySignal, boolean holdingTheLock)
      throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dorg.bytedeco.javacpp.maxBytes=0",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-Xmx256m",
            "-cp",
            classPath(),
            DyingProgram.class.getName(),
            Golden.all().getFirst().folder().toString(),
            Integer.toString(bySignal ? -1 : CODE),
            Integer.toString(bySignal ? 0 : millis),
            Boolean.toString(holdingTheLock)));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(errors.toFile())
            .start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("running", output.readLine(), () -> read(errors));
      if (bySignal) {
        Thread.sleep(millis);
        process.destroy();
      }
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it hangs");
      int expected = bySignal ? TERMINATED : CODE;
      assertEquals(expected, process.exitValue(), () -> read(errors));
      String[] files = folder.toFile().list((directory, name) -> name.startsWith("hs_err"));
      assertEquals(0, files == null ? 0 : files.length, "crash reports");
    } finally {
      process.destroyForcibly();
    }
  }

  /** What this JVM has on either path, and the folder of the program. */
  private static String classPath() {
    Path program = Golden.resource(DyingProgram.class.getSimpleName() + ".class");
    int packages = DyingProgram.class.getPackageName().split("\\.").length;
    Path root = program.getParent();
    for (int i = 0; i < packages; i++) {
      root = root.getParent();
    }
    return String.join(
        File.pathSeparator,
        root.toString(),
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
