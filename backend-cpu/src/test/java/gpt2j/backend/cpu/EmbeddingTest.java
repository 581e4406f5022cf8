package gpt2j.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A program that embeds the backend, on the class path and on the module path, with each flag left
 * out or set against it in turn: it works with many rows too, or {@code availability} names what is
 * missing and {@code open} refuses with the same words.
 */
class EmbeddingTest {
  private static final String PROGRAM = "gpt2j.backend.cpu.embedded.Program";
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Xmx40m",
        "-XX:UseAVX=0",
        "-XX:MaxVectorSize=8",
      })
  void worksOnTheClassPathWithTheVectorApi(String flag) throws Exception {
    Outcome outcome = run(onClassPath(jar -> true, VECTORS, flag));
    assertEquals("works\n", outcome.out, outcome.err);
    assertFalse(outcome.err.contains("SLF4J"), outcome.err);
  }

  @Test
  void worksOnTheModulePathWithoutAnyFlag() throws Exception {
    Outcome outcome = run(onModulePath());
    assertEquals("works\n", outcome.out, outcome.err);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-Xint | start java with --add-modules=jdk.incubator.vector",
        "--add-modules=jdk.incubator.vector --illegal-native-access=deny"
            + " | start java with --enable-native-access=ALL-UNNAMED",
        "--add-modules=jdk.incubator.vector --sun-misc-unsafe-memory-access=deny"
            + " | start java with --sun-misc-unsafe-memory-access=allow",
        "--add-modules=jdk.incubator.vector -Dorg.bytedeco.javacpp.maxPhysicalBytes=300m"
            + " | -Dorg.bytedeco.javacpp.maxPhysicalBytes=300m would end a generation",
        "--add-modules=jdk.incubator.vector -Dorg.bytedeco.javacpp.maxbytes=1g"
            + " | -Dorg.bytedeco.javacpp.maxBytes=1g would end a generation",
        "--add-modules=jdk.incubator.vector -Dgpt2j.natives=/proc/gpt2j"
            + " | choose another folder with -Dgpt2j.natives=FOLDER or GPT2J_NATIVES=FOLDER",
      })
  void namesTheFlagOnTheClassPath(String flags, String named) throws Exception {
    assertRefused(named, run(onClassPath(jar -> true, flags.split(" "))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--illegal-native-access=deny | start java with --enable-native-access="
            + "gpt2j.backend.cpu,gpt2j.nd4j,org.bytedeco.javacpp,org.bytedeco.openblas",
        "--illegal-native-access=deny --enable-native-access=gpt2j.backend.cpu | start java with"
            + " --enable-native-access=gpt2j.nd4j,org.bytedeco.javacpp,org.bytedeco.openblas",
        "--sun-misc-unsafe-memory-access=deny"
            + " | start java with --sun-misc-unsafe-memory-access=allow",
      })
  void namesTheFlagOnTheModulePath(String flags, String named) throws Exception {
    assertRefused(named, run(onModulePath(flags.split(" "))));
  }

  @ParameterizedTest
  @CsvSource({
    "javacpp-1.5.7-linux, org.bytedeco:javacpp",
    "openblas-0.3.19-1.5.7-linux, org.bytedeco:openblas",
    "nd4j-native-, org.nd4j:nd4j-native",
    "javacpp-1.5.7.jar, org.bytedeco:javacpp is on no path",
    "openblas-0.3.19-1.5.7.jar, org.bytedeco:openblas is on no path",
    "/nd4j/target/, gpt2j:gpt2j-nd4j is on no path",
    "commons-math3, org.apache.commons:commons-math3 is on no path",
    "slf4j-api, org.slf4j:slf4j-api is on no path",
  })
  void namesTheLibraryThatIsNotOnTheClassPath(String jar, String named) throws Exception {
    assertRefused(named, run(onClassPath(path -> !path.toString().contains(jar), VECTORS)));
  }

  /**
   * With an unusable home, JavaCPP would load from a folder for temporary files whose name
   * everybody knows, whatever has the size and the date that it expects.
   */
  @Test
  void loadsNothingThatWasPlanted() throws Exception {
    Path home = Files.createFile(folder.resolve("home"));
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Path natives =
        paths().stream()
            .filter(path -> path.getFileName().toString().startsWith("javacpp-1.5.7-linux"))
            .findFirst()
            .orElseThrow();
    String name = "org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so";
    Path foretold = temporary.resolve(".javacpp-" + System.getProperty("user.name"));
    Path planted = foretold.resolve("cache").resolve(natives.getFileName()).resolve(name);
    Files.createDirectories(planted.getParent());
    try (JarFile jar = new JarFile(natives.toFile())) {
      JarEntry entry = jar.getJarEntry(name);
      Files.write(planted, new byte[(int) entry.getSize()]);
      Files.setLastModifiedTime(planted, FileTime.fromMillis(entry.getTime()));
    }

    Outcome outcome =
        run(
            onClassPath(
                jar -> true, VECTORS, "-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary));

    assertEquals("works\n", outcome.out, outcome.err);
    assertFalse(outcome.err.contains(foretold.toString()), outcome.err);
    // Nothing else was unpacked there, and what was unpacked elsewhere is gone.
    try (Stream<Path> left = Files.walk(temporary)) {
      assertEquals(
          List.of(planted),
          left.filter(Files::isRegularFile)
              .filter(file -> !file.getParent().getFileName().toString().startsWith("hsperfdata"))
              .toList());
    }
  }

  /** As on a full disk: no file may be larger than 10 MB. */
  @Test
  void saysInOneLineWhereUnpackingFailed() throws Exception {
    Path natives = folder.resolve("natives");
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f 10000; exec \"$@\"", "-"));
    command.addAll(onClassPath(jar -> true, VECTORS, "-Dgpt2j.natives=" + natives));

    Outcome outcome = run(command);

    assertEquals(1, outcome.out.lines().count(), outcome.out + outcome.err);
    assertTrue(
        outcome.out.contains(" can't be unpacked to " + natives + " and loaded: "), outcome.out);
    assertTrue(outcome.out.contains(" -Dgpt2j.natives=FOLDER"), outcome.out);
  }

  private static void assertRefused(String named, Outcome outcome) {
    assertTrue(outcome.out.contains(named), outcome.out + outcome.err);
    assertTrue(outcome.out.endsWith("\nrefuses\n"), outcome.out + outcome.err);
    assertEquals(2, outcome.out.lines().count(), outcome.out);
    assertFalse(outcome.err.contains("Exception"), outcome.err);
  }

  private static List<String> onClassPath(Predicate<Path> filter, String... flags) {
    String classPath =
        Stream.concat(paths().stream(), Stream.of(testClasses()))
            .filter(filter)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    return java(flags, "-cp", classPath);
  }

  private static List<String> onModulePath(String... flags) {
    return java(
        flags,
        "--module-path",
        paths().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
        "--add-modules=gpt2j.backend.cpu",
        "-cp",
        testClasses().toString());
  }

  private static List<String> java(String[] flags, String... paths) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto"));
    command.addAll(Arrays.asList(flags));
    command.addAll(List.of(paths));
    command.add(PROGRAM);
    return command;
  }

  /** What these tests run with, less SLF4J's provider, which an embedding program need not have. */
  private static List<Path> paths() {
    return Arrays.stream(System.getProperty("jdk.module.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(path -> !path.getFileName().toString().startsWith("slf4j-nop"))
        .filter(path -> !path.endsWith("test-classes"))
        .toList();
  }

  /** Tests are a part of the module; the program runs outside. */
  private static Path testClasses() {
    return Path.of("target/test-classes").toAbsolutePath();
  }

  private record Outcome(String out, String err) {}

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Path err = Files.createTempFile("gpt2j-embedding", ".err");
    try {
      Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
      process.getOutputStream().close();
      try (InputStream out = process.getInputStream()) {
        String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return new Outcome(text, Files.readString(err));
      }
    } finally {
      Files.delete(err);
    }
  }
}
