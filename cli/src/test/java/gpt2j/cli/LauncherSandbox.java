package gpt2j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A project around {@code bin/cli} with nothing in it, and the only commands that it sees. */
final class LauncherSandbox {
  private static final Path LAUNCHER = Path.of("../bin/cli").toAbsolutePath().normalize();
  private static final List<String> COMMANDS =
      List.of(
          "bash",
          "cat",
          "date",
          "env",
          "find",
          "flock",
          "mkdir",
          "mktemp",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "tee",
          "touch");

  /** Says how it was called; {@code --exit=N} gives the exit code. */
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      [[ -z ${STUB_FAILS:-} || " $* " != *" $STUB_FAILS"* ]] || exit 1
      if [[ " $* " == *' Hello, world '* ]]; then
        for argument; do
          [[ $argument != -XX:ArchiveClassesAtExit=* ]] || printf x >"${argument#*=}"
        done
        printf 'text\\n'
        exit
      fi
      printf 'jdk %s\\n' "$0"
      for argument; do
        printf 'argument %s\\n' "$argument"
        [[ $argument != --exit=* ]] || code=${argument#--exit=}
        [[ ${before:-} != --module-path ]] || readlink -nf "$argument" >"$STUB_ROOT/modules"
        before=$argument
      done
      for descriptor in 0 1 2; do
        [[ -e /proc/self/fd/$descriptor ]] || printf '%d\\n' "$descriptor" >>"$STUB_ROOT/closed"
      done
      printf 'input %s\\n' "$(cat)"
      printf '%s\\n' before 'WARNING: Using incubator modules: jdk.incubator.vector' after >&2
      exit "${code:-0}"
      """;

  private static final String MAVEN =
      """
      #!/usr/bin/env bash
      [[ -n $JAVA_HOME ]] || exit 1
      printf 'build\\n' >>"$STUB_ROOT/builds"
      printf '%s\\n' '[INFO] Building gpt2j-api 0.1.0-SNAPSHOT    [1/1]'
      now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
      sleep 0.3
      mkdir -p "$STUB_ROOT/cli/target/mods"
      touch "$STUB_ROOT/cli/target/java.args"
      printf '%s\\n' "$now" >"$STUB_ROOT/cli/target/build.time"
      """;

  private static final String FAILING_MAVEN =
      """
      #!/usr/bin/env bash
      printf 'build\\n' >>"$STUB_ROOT/builds"
      printf '%s\\n' "[ERROR] A.java: ';' expected" '[ERROR] -> [Help 1]' '[ERROR] more'
      exit 1
      """;

  /**
   * Runs a command and ends when all have that write to its standard error, which goes to a file:
   * the filter may outlive the stand-in for java. Java itself reads no more from a process that has
   * ended.
   */
  private static final String TO_THE_END =
      "{ \"$@\" 2>&1 >&3 3>&- | cat >\"$0\"; exit ${PIPESTATUS[0]}; } 3>&1";

  private final Path root;
  private final Path commands;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String input = "";

  LauncherSandbox(Path folder) throws IOException {
    this(folder, "a project");
  }

  LauncherSandbox(Path folder, String project) throws IOException {
    root = folder.resolve(project);
    commands = Files.createDirectories(folder.resolve("commands"));
    for (String command : COMMANDS) {
      executable(
          commands.resolve(command),
          "#!%s%nexec '%s' \"$@\"%n".formatted(find("bash"), find(command)));
    }
    Files.createDirectories(root.resolve("bin"));
    Files.copy(LAUNCHER, launcher());
    for (String module :
        List.of("api", "backend-cpu", "backend-cuda", "model-gpt2", "hub", "bench", "cli")) {
      write(module + "/pom.xml");
      write(module + "/src/main/java/module-info.java");
    }
    write("pom.xml");
    age();
    environment.put("STUB_ROOT", root.toString());
    environment.put("GPT2J_JDK_FOLDERS", path("none").toString());
    environment.put("PATH", commands.toString());
  }

  private static Path find(String command) {
    for (String folder : System.getenv("PATH").split(":")) {
      Path file = Path.of(folder, command);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new IllegalStateException("these tests need " + command);
  }

  Path launcher() {
    return path("bin/cli");
  }

  Path path(String name) {
    return root.resolve(name);
  }

  /** A stand-in for a JDK, in one of the usual folders. */
  void jdk(String name, String version) throws IOException {
    for (String command : List.of("java", "javac")) {
      executable(path(name).resolve("bin").resolve(command), JAVA);
    }
    Files.writeString(path(name).resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    environment.merge("GPT2J_JDK_FOLDERS", path(name).toString(), (all, one) -> all + ":" + one);
  }

  LauncherSandbox withJdk() throws IOException {
    jdk("jdk", "25.0.1");
    return this;
  }

  void javaHome(String jdk) {
    environment.put("JAVA_HOME", path(jdk).toString());
  }

  void putOnPath(String jdk) throws IOException {
    Files.createSymbolicLink(commands.resolve("java"), path(jdk).resolve("bin/java"));
  }

  /** Makes java fail with an argument that begins so. */
  void javaFails(String argument) {
    environment.put("STUB_FAILS", argument);
  }

  LauncherSandbox withMaven() throws IOException {
    executable(commands.resolve("mvn"), MAVEN);
    return this;
  }

  void withFailingMaven() throws IOException {
    executable(commands.resolve("mvn"), FAILING_MAVEN);
  }

  LauncherSandbox builtBefore() throws IOException {
    write("cli/target/java.args");
    Files.createDirectories(path("cli/target/mods"));
    Path time = write("cli/target/build.time");
    Files.writeString(time, Instant.now().truncatedTo(ChronoUnit.SECONDS) + "\n");
    Files.setLastModifiedTime(time, hourAgo());
    write("cli/target/classes.jsa");
    Files.writeString(path("cli/target/classes.jsa.root"), root + "\n");
    return this;
  }

  LauncherSandbox input(String text) {
    input = text;
    return this;
  }

  Path write(String name) throws IOException {
    Path file = path(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "");
  }

  /** Makes everything an hour old, but for what a build made. */
  void age() throws IOException {
    try (var files = Files.walk(root)) {
      for (Path file : files.filter(file -> !file.toString().contains("target")).toList()) {
        Files.setLastModifiedTime(file, hourAgo());
      }
    }
  }

  private static FileTime hourAgo() {
    return FileTime.from(Instant.now().minus(Duration.ofHours(1)));
  }

  private static void executable(Path file, String script) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** How often Maven was called. */
  long builds() throws IOException {
    try (var lines = Files.lines(path("builds"))) {
      return lines.count();
    }
  }

  Outcome run(String... arguments) throws IOException, InterruptedException {
    return runAs(launcher(), root, arguments);
  }

  Outcome runAs(Path command, Path folder, String... arguments)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(root, "out", "");
    Path in = Files.writeString(Files.createTempFile(root, "in", ""), input);
    Path err = Files.createTempFile(root, "err", "");
    var builder = new ProcessBuilder(find("bash").toString(), "-c", TO_THE_END, err.toString());
    builder.command().add(command.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.directory(folder.toFile());
    builder.redirectInput(in.toFile()).redirectOutput(out.toFile());
    int exitCode = builder.start().waitFor();
    return new Outcome(root, exitCode, Files.readString(out), Files.readString(err));
  }

  /** What a run of the launcher came to; the stand-in for java says what it was given. */
  record Outcome(Path root, int exitCode, String out, String err) {
    /** The JDK that was started. */
    String jdk() {
      Path java = Path.of(lines("jdk ").getFirst());
      return root.relativize(java.getParent().getParent()).toString();
    }

    /** Where java finds modules, in the end. */
    Path modules() throws IOException {
      return Path.of(Files.readString(root.resolve("modules")));
    }

    String input() {
      return lines("input ").getFirst();
    }

    /** What java is given before the main class. */
    List<String> options() {
      List<String> all = lines("argument ");
      return all.subList(0, all.indexOf("--module"));
    }

    /** What gpt2j is given. */
    List<String> arguments() {
      List<String> all = lines("argument ");
      return all.subList(all.indexOf("--module") + 2, all.size());
    }

    private List<String> lines(String start) {
      return out.lines()
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .toList();
    }
  }
}
