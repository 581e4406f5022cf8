package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gpt2j.cli.options.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The reference says what there is, and nothing else. */
class DocsTest {
  private static final Path REFERENCE = Path.of("..", "docs", "cli.md");
  private static final Path BENCHMARKS = Path.of("..", "docs", "benchmarks.md");

  private static Set<String> found(String pattern) throws IOException {
    return found(REFERENCE, pattern);
  }

  private static Set<String> found(Path file, String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(file))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyOptionIsThereAndNoOther() throws IOException {
    CommandLine root = CliRun.commandLine();
    Set<String> options =
        Stream.concat(Stream.of(root), root.getSubcommands().values().stream())
            .flatMap(command -> command.getCommandSpec().options().stream())
            .flatMap(DocsTest::names)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> described = found("[^-\\w](--[a-z][a-z0-9_-]*)");
    described.removeIf(option -> !Arguments.prepare(option)[0].equals(option)); // nanoGPT's
    assertEquals(options, described);
  }

  @Test
  void everyBenchmarkAndItsOptionsAreThere() throws IOException {
    CommandLine bench = CliRun.commandLine().getSubcommands().get("bench");
    Set<String> options = new TreeSet<>();
    bench
        .getSubcommands()
        .values()
        .forEach(
            command ->
                command.getCommandSpec().options().stream()
                    .flatMap(DocsTest::names)
                    .forEach(options::add));
    options.removeAll(List.of("--help", "--version", "--debug"));
    Set<String> described = found(BENCHMARKS, "[^-\\w](--[a-z][a-z0-9_-]*)");
    options.removeAll(described);
    assertEquals(Set.of(), options);
    Set<String> commands = new TreeSet<>(bench.getSubcommands().keySet());
    commands.removeAll(found(BENCHMARKS, "`bench ([a-z]+)"));
    assertEquals(Set.of(), commands);
  }

  /**
   * The README's numbers of tests are those that the CPU backend has just passed, or has skipped.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          CpuBackendContractTest  | contract suite of (\\d+) tests
          CpuTrainingContractTest | one of (\\d+) for training
          """)
  void numbersOfTestsAreThoseOfTheBuild(String suite, String sentence) throws IOException {
    Path report =
        Path.of("..", "backend-cpu", "target", "surefire-reports")
            .resolve("TEST-gpt2j.backend.cpu." + suite + ".xml");
    assumeTrue(Files.exists(report), () -> suite + " did not run in this build");
    assertEquals(
        found(report, "<testsuite [^>]* tests=\"(\\d+)\"").iterator().next(),
        found(Path.of("..", "README.md"), sentence).iterator().next());
  }

  private static Stream<String> names(OptionSpec option) {
    return option.negatable()
        ? Stream.of(option.longestName(), option.longestName().replace("--", "--no-"))
        : Stream.of(option.longestName());
  }

  @Test
  void everyCommandIsThere() throws IOException {
    Set<String> commands = new TreeSet<>(CliRun.commandLine().getSubcommands().keySet());
    Set<String> described = found("\n\\| \\[?`([a-z]+)`");
    described.retainAll(commands);
    assertEquals(commands, described);
  }

  @Test
  void everyEnvironmentVariableIsThereAndNoOther() throws IOException {
    assertEquals(
        Stream.concat(
                EnvironmentDefaults.options().stream().map(EnvironmentDefaults::variable),
                Stream.of("GPT2J_NATIVES")) // read by the backends
            .collect(Collectors.toCollection(TreeSet::new)),
        found("(GPT2J_[A-Z_]+)"));
  }
}
