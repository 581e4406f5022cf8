package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import gpt2j.cuda.emulator.Compiler;
import gpt2j.cuda.emulator.EmulatedCublas;
import gpt2j.cuda.emulator.ThreadOrder;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Parts of the contract in a JVM of their own: with another build of the emulated driver, which a
 * JVM can't exchange, and with what must be set before it starts. The first failure ends it, unless
 * {@link #KEEP_GOING} is set.
 */
final class ForkedTests {
  static final String ORDER = "gpt2j.test.order";

  /** The version of CUDA whose cuBLAS is to make products; none does if it isn't set. */
  static final String CUBLAS = "gpt2j.test.cublas";

  /** If {@code true}, the device has compute capability 7.5: no tensor cores for bfloat16. */
  static final String OLD_DEVICE = "gpt2j.test.old-device";

  /** If {@code true}, what runs must have executed every kernel. */
  static final String EVERY_KERNEL = "gpt2j.test.every-kernel";

  /**
   * If {@code true}, all failures are reported, and what passed too, not just the first failure.
   */
  static final String KEEP_GOING = "gpt2j.test.keep-going";

  /** Before a part: it is one of the contract of training. */
  static final String TRAINING = "Training/";

  private static final int PASSED = 0;
  private static final int FAILED = 3; // none that a JVM ends with by itself
  private static final int NOTHING_RAN = 4;
  private static final int KILLED = 128; // and the number of the signal

  private ForkedTests() {}

  /** How it ended, and all that it wrote. */
  record Result(int exitCode, String output) {
    boolean passed() {
      return exitCode == PASSED;
    }

    /** A test failed, or ended the process; not: it couldn't be started, or there was no test. */
    boolean foundAFailure() {
      return exitCode == FAILED || exitCode >= KILLED;
    }

    /** There is no test of these names. */
    boolean nothingRan() {
      return exitCode == NOTHING_RAN;
    }
  }

  /**
   * Runs tests.
   *
   * @param library the emulated driver
   * @param environment variables to set
   * @param options of the JVM
   * @param parts nested classes of the contract, or methods as in {@code Sampling/draws}; those
   *     whose names begin so. {@link #TRAINING} comes before those of the contract of training
   */
  static Result run(
      Path library,
      ThreadOrder order,
      Map<String, String> environment,
      List<String> options,
      List<String> parts)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-D" + ORDER + "=" + order,
                "-Dgpt2j.emulator.library=" + library,
                "-Dgpt2j.emulator.cache=" + cache()));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(), ForkedTests.class.getName()));
    command.addAll(parts);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Skips the calling test where there is no compiler; but not where nothing may be skipped. */
  static void needsCompiler() {
    Compiler.unavailable()
        .ifPresent(
            reason -> {
              assertNotEquals("true", System.getenv("CI"), reason);
              abort(reason);
            });
  }

  /** In the JVM of their own: the emulated cuBLAS that was asked for, or null. */
  static @Nullable EmulatedCublas cublas() {
    String version = System.getProperty(CUBLAS);
    return version == null ? null : EmulatedCublas.load(Integer.parseInt(version));
  }

  static Path cache() {
    return Path.of(System.getProperty("gpt2j.emulator.cache", "target/emulator")).toAbsolutePath();
  }

  /** Everything that this JVM has on whatever path. */
  private static String classPath() {
    try {
      Path tests =
          Path.of(ForkedTests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path patch = Path.of("target", "test-classes").toAbsolutePath();
      return String.join(
          File.pathSeparator,
          Stream.of(
                  patch.toString(),
                  tests.toString(),
                  System.getProperty("jdk.module.path", ""),
                  System.getProperty("java.class.path", ""))
              .filter(path -> !path.isEmpty())
              .toList());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** In the JVM of their own. */
  public static void main(String[] arguments) throws IOException {
    List<String> parts = List.of(arguments);
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                parts.stream()
                    .map(ForkedTests::nestedClass)
                    .distinct()
                    .map(DiscoverySelectors::selectUniqueId)
                    .toList())
            .filters(
                (PostDiscoveryFilter)
                    test -> FilterResult.includedIf(wanted(test.getUniqueId().toString(), parts)))
            .build();
    Listener listener = new Listener(new ExecutedKernels());
    LauncherFactory.create().execute(request, listener);
    List<String> missing = listener.kernels.missing();
    if (Boolean.getBoolean(EVERY_KERNEL) && !missing.isEmpty()) {
      System.out.println("FAILED: never executed: " + missing);
      System.exit(FAILED);
    }
    if (listener.failed) {
      System.exit(FAILED);
    }
    System.exit(listener.ran == 0 ? NOTHING_RAN : PASSED);
  }

  /** The unique id of the nested class that a part is in. */
  private static String nestedClass(String part) {
    boolean training = part.startsWith(TRAINING);
    Class<?> contract = training ? ForkedTraining.class : ForkedContract.class;
    String nested = (training ? part.substring(TRAINING.length()) : part).split("/")[0];
    return "[engine:junit-jupiter]/[class:%s]/[nested-class:%s]"
        .formatted(contract.getName(), nested);
  }

  private static boolean wanted(String id, List<String> parts) {
    String tests = id.replaceFirst(".*\\[nested-class:", "");
    boolean test = tests.contains("[method:") || tests.contains("[test-template:");
    boolean training = id.contains("[class:" + ForkedTraining.class.getName() + "]");
    String name = (training ? TRAINING : "") + tests.replaceFirst("]/\\[[a-z-]+:", "/");
    return !test || parts.stream().anyMatch(name::startsWith);
  }

  private static final class Listener implements TestExecutionListener {
    final ExecutedKernels kernels;
    final boolean keepsGoing = Boolean.getBoolean(KEEP_GOING);
    int ran;
    boolean failed;

    Listener(ExecutedKernels kernels) {
      this.kernels = kernels;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.FAILED) {
        System.out.printf(
            "FAILED %s: %s%n",
            test.getDisplayName(), result.getThrowable().map(Throwable::toString).orElse(""));
        failed = true;
        if (!keepsGoing) {
          Runtime.getRuntime().halt(FAILED);
        }
      } else if (keepsGoing && test.isTest()) {
        System.out.printf("%s %s%n", result.getStatus(), test.getDisplayName());
      }
      if (test.isTest()) {
        ran++;
      } else if (Boolean.getBoolean(EVERY_KERNEL)) {
        kernels.look(); // at the end of a class
      }
    }
  }
}
