package gpt2j.bench.peers;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.result.setup.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Jlama in a JVM of its own, driven by {@code JlamaPeer.java}. Its jars come from Maven Central
 * when that is asked for, and are kept.
 */
final class Jlama implements PeerProgram {
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

  private final Scripts scripts;
  private final boolean download;

  /**
   * The program.
   *
   * @param download whether to have Maven bring what isn't there
   */
  Jlama(Scripts scripts, boolean download) {
    this.scripts = scripts;
    this.download = download;
  }

  @Override
  public String name() {
    return Program.JLAMA.label();
  }

  @Override
  public OpenPeer open(Conditions conditions) throws PeerException {
    if (conditions.onGpu()) {
      throw PeerException.gone("it doesn't compute GPT-2 on a GPU");
    }
    if (conditions.precision() == WeightFormat.F16) {
      throw PeerException.gone("it has no f16");
    }
    return ScriptPeer.start(
        conditions,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--class-path",
            jars(conditions.context()).resolve("*").toString(),
            scripts.file(PeerPrograms.JLAMA_SCRIPT).toString(),
            conditions.model().toString(),
            conditions.precisionName(),
            "" + conditions.threads(),
            VERSION));
  }

  private Path jars(BenchContext context) throws PeerException {
    Path folder = context.models().resolve("jlama-" + VERSION);
    if (Files.isDirectory(folder)) {
      return folder;
    }
    if (!download) {
      throw PeerException.gone(
          "its jars aren't here; --download has Maven bring them, 15 MB, from Maven Central");
    }
    try {
      Files.createDirectories(context.models());
      Path partial = Files.createTempDirectory(context.models(), ".jlama-");
      Path pom = Files.writeString(scripts.file("pom.xml"), POM.formatted(VERSION));
      resolve(context, pom, partial);
      Files.move(partial, folder);
      return folder;
    } catch (IOException e) {
      throw PeerException.gone("its jars can't be kept in " + context.models());
    }
  }

  private static void resolve(BenchContext context, Path pom, Path folder) throws PeerException {
    List<String> command =
        List.of("mvn", "-q", "-B", "-f", pom.toString(), PLUGIN, "-DoutputDirectory=" + folder);
    String problem = "";
    try (ChildProcess maven = new ChildProcess(context, command, Map.of())) {
      for (Optional<String> line = maven.line(DOWNLOAD);
          line.isPresent();
          line = maven.line(DOWNLOAD)) {
        problem = problem.isEmpty() && line.get().startsWith("[ERROR]") ? line.get() : problem;
      }
      if (!maven.succeeded()) {
        throw PeerException.gone("its jars weren't found by Maven: " + problem);
      }
    }
  }
}
