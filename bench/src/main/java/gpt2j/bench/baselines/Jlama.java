package gpt2j.bench.baselines;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.result.setup.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Jlama in a JVM of its own, driven by {@code JlamaProgram.java}. Its jars come from Maven Central
 * when that is asked for, and are kept.
 */
final class Jlama implements BaselineProgram {
  private static final String VERSION = "0.8.4";
  private static final Duration DOWNLOAD = Duration.ofMinutes(10);
  private static final String PLUGIN =
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  private static final String POM =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>jlama</groupId>
        <artifactId>jlama</artifactId>
        <version>1</version>
        <dependencies>
          <dependency>
            <groupId>com.github.tjake</groupId>
            <artifactId>jlama-core</artifactId>
            <version>%1$s</version>
          </dependency>
          <dependency>
            <groupId>com.github.tjake</groupId>
            <artifactId>jlama-native</artifactId>
            <version>%1$s</version>
            <classifier>linux-x86_64</classifier>
          </dependency>
        </dependencies>
      </project>
      """;

  private final Path script;
  private final boolean download;

  /**
   * The program.
   *
   * @param script what drives it
   * @param download whether to have Maven bring what isn't there
   */
  Jlama(Path script, boolean download) {
    this.script = script;
    this.download = download;
  }

  @Override
  public String name() {
    return Program.JLAMA.label();
  }

  @Override
  public RunningProgram open(Conditions conditions) throws ProgramException {
    if (conditions.onGpu()) {
      throw ProgramException.gone("it doesn't compute GPT-2 on a GPU");
    }
    if (conditions.precision() == WeightFormat.F16) {
      throw ProgramException.gone("it has no f16");
    }
    return ScriptProgram.start(
        conditions,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--class-path",
            jars(conditions.context()).resolve("*").toString(),
            script.toString(),
            conditions.model().toString(),
            conditions.precisionName(),
            "" + conditions.threads(),
            VERSION));
  }

  private Path jars(BenchContext context) throws ProgramException {
    Path folder = context.models().resolve("jlama-" + VERSION);
    if (Files.isDirectory(folder)) {
      return folder;
    }
    if (!download) {
      throw ProgramException.gone(
          "its jars aren't here; --download has Maven bring them, 15 MB, from Maven Central");
    }
    try {
      Files.createDirectories(context.models());
      Path partial = Files.createTempDirectory(context.models(), ".jlama-");
      Path pom = Files.writeString(script.resolveSibling("pom.xml"), POM.formatted(VERSION));
      resolve(context, pom, partial);
      Files.move(partial, folder);
      return folder;
    } catch (IOException e) {
      throw ProgramException.gone("its jars can't be kept in " + context.models());
    }
  }

  private static void resolve(BenchContext context, Path pom, Path folder) throws ProgramException {
    List<String> command =
        List.of("mvn", "-q", "-B", "-f", pom.toString(), PLUGIN, "-DoutputDirectory=" + folder);
    try (ChildProcess maven = new ChildProcess(context, command, Map.of())) {
      String problem =
          maven.lines(DOWNLOAD).stream()
              .filter(line -> line.startsWith("[ERROR]"))
              .findFirst()
              .orElse("");
      if (!maven.succeeded()) {
        throw ProgramException.gone("its jars weren't found by Maven: " + problem);
      }
    }
  }
}
