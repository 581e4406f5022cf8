package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What the command line says about itself. */
class HelpTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate",
        "score",
        "tokenize",
        "init",
        "convert",
        "stories",
        "prepare",
        "train",
        "baseline",
        "devices",
        "completion"
      })
  void everyOptionIsExplained(String command) {
    Result help = CliRun.cli(command, "--help");
    assertAll(
        () -> assertEquals(0, help.exitCode()),
        () -> assertEquals("", help.err()),
        () -> assertEquals(help, CliRun.cli("help", command)),
        () -> assertTrue(help.out().lines().allMatch(line -> line.length() <= 90)),
        () -> assertFalse(help.out().contains("\u001b"), "colour, though this is no terminal"));
    for (OptionSpec option :
        CliRun.commandLine().getSubcommands().get(command).getCommandSpec().options()) {
      String shown = option.longestName().substring(option.negatable() ? 2 : 0);
      assertTrue(help.out().contains(shown), option.longestName());
      assertFalse(option.description().length == 0, option.longestName());
    }
  }

  @Test
  void everyOptionOfEveryBenchmarkIsExplained() {
    CliRun.commandLine()
        .getSubcommands()
        .get("bench")
        .getSubcommands()
        .forEach(
            (name, command) -> {
              Result help = CliRun.cli("bench", name, "--help");
              assertEquals(0, help.exitCode(), help.err());
              assertTrue(help.out().lines().allMatch(line -> line.length() <= 90), help.out());
              for (OptionSpec option : command.getCommandSpec().options()) {
                assertTrue(help.out().contains(option.longestName()), option.longestName());
                assertFalse(option.description().length == 0, option.longestName());
              }
            });
  }

  /** Neither in the middle of {@code *.jsonl} nor of the name of an option. */
  @Test
  void linesBreakBetweenWordsAlone() {
    requireWholeWords(CliRun.commandLine());
  }

  private static void requireWholeWords(CommandLine command) {
    String help = command.getUsageMessage();
    Set<String> shown = new HashSet<>(List.of(help.split("\\s+")));
    CommandSpec spec = command.getCommandSpec();
    Stream.of(
            Stream.of(spec.usageMessage().description()),
            spec.options().stream().flatMap(option -> Stream.of(option.description())),
            spec.positionalParameters().stream().flatMap(each -> Stream.of(each.description())))
        .flatMap(texts -> texts)
        .flatMap(text -> Stream.of(text.strip().split("\\s+")))
        .filter(word -> !word.isEmpty() && !word.matches(".*[$%@|].*"))
        .forEach(word -> assertTrue(shown.contains(word), () -> word + " in\n" + help));
    command.getSubcommands().values().forEach(HelpTest::requireWholeWords);
  }

  @Test
  void helpOfTheProgramHasItsCommandsAndThoseOptionsThatNeedNone() {
    Result help = CliRun.cli("--help");
    for (String part :
        new String[] {
          "Usage bin/cli", "Prompt", "Model", "Generation", "Sampling", "Tokens", "Output",
              "Commands",
          "Exit codes", "Examples", "--max-new-tokens=N", "--logit-bias=ID=X,…", "tokenize", "130",
              "nanoGPT", "GPT2J_MODEL"
        }) {
      assertTrue(help.out().contains(part), part);
    }
    assertEquals(help, CliRun.cli("-h"));
    assertEquals(help, CliRun.cli("help"));
  }

  @Test
  void spellingsOfOthersAreNotShown() {
    assertFalse(CliRun.cli("--help").out().contains("--max_new_tokens="));
  }

  @Test
  void helpIsColourfulOnATerminalOnly() {
    String escape = "\u001b[";
    var noColour = new CliRun().onTerminal().environment(Map.of("NO_COLOR", "1"));
    assertAll(
        () -> assertTrue(new CliRun().onTerminal().run("--help").out().contains(escape)),
        () -> assertFalse(noColour.run("--help").out().contains(escape)),
        () -> assertFalse(CliRun.cli("--help").out().contains(escape)));
  }

  @Test
  void theVersionIsTheBuilds() {
    Result version = CliRun.cli("--version");
    assertAll(
        () ->
            assertTrue(
                version.out().matches("gpt2j \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\n"), version.out()),
        () -> assertEquals("", version.err()),
        () -> assertEquals(version, CliRun.cli("score", "-V")));
  }

  @Test
  void devicesNamesEveryBackendAndWhyItIsNotThere() {
    Result text = CliRun.cli("devices");
    Map<String, Json> json =
        Json.lines(CliRun.cli("devices", "--format=json").out()).stream()
            .collect(Collectors.toMap(line -> line.text("backend"), line -> line));
    Json device = (Json) json.get("cpu").list("devices").getFirst();
    boolean cuda = json.get("cuda").get("available").equals(true);
    assertAll(
        () -> assertEquals(0, text.exitCode()),
        () -> assertTrue(text.out().startsWith("cpu: available\n  device 0 "), text.out()),
        () ->
            assertTrue(text.out().contains("\ncuda: " + (cuda ? "available\n" : "unavailable: "))),
        () -> assertEquals(Set.of("cpu", "cuda", "reference"), json.keySet()),
        () -> assertEquals(true, json.get("cpu").get("available")),
        () -> assertTrue(device.number("total_memory") >= device.number("free_memory")),
        () -> assertTrue(device.number("threads") >= 1),
        () -> assertTrue(((Json) device.get("properties")).text("vector width").endsWith(" bits")),
        () -> assertEquals(cuda, json.get("cuda").get("available")),
        () -> assertTrue(cuda || !json.get("cuda").text("reason").isEmpty()));
  }
}
