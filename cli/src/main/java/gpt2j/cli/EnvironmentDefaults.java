package gpt2j.cli;

import gpt2j.cli.data.PrepareCommand;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Arguments;
import gpt2j.cli.train.TrainCommand;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Options that are not given take their values from environment variables, {@code --top-k} from
 * {@code GPT2J_TOP_K}. They are looked at only when their command runs and the option isn't given,
 * so that a wrong one is in nobody's way.
 */
final class EnvironmentDefaults {
  private static final String MODEL = "--model";
  private static final String SIZE = "--size";

  /** The options that say how to work; not those that say what on. */
  private static final List<String> OPTIONS =
      List.of(
          MODEL,
          "--backend",
          "--precision",
          "--cache-precision",
          "--threads",
          "--use-cache",
          "--max-new-tokens",
          "--temperature",
          "--top-k",
          "--top-p",
          "--min-p",
          "--repetition-penalty",
          "--presence-penalty",
          "--frequency-penalty",
          "--context-overflow");

  private static final Set<String> WITHOUT_MODEL = Set.of(TrainCommand.NAME, PrepareCommand.NAME);

  private EnvironmentDefaults() {}

  /** The options that have a variable. */
  static List<String> options() {
    return OPTIONS;
  }

  /** The variable of an option. */
  static String variable(String option) {
    return "GPT2J_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /**
   * Sets what the command line leaves open. An empty variable counts as none.
   *
   * @throws UserError when a variable has no proper value
   */
  static void apply(ParseResult command, Map<String, String> environment) {
    CommandSpec spec = command.commandSpec();
    for (String name : OPTIONS) {
      OptionSpec option = spec.findOption(name);
      String value = environment.getOrDefault(variable(name), "");
      if (option != null
          && !(name.equals(MODEL) && needsNoModel(command))
          && !command.hasMatchedOption(option)
          && !value.isEmpty()) {
        Arguments.set(option, value, "environment variable " + variable(name) + ":");
      }
    }
  }

  /**
   * Training and its texts don't work on a model: what they begin with, from nothing on, is their
   * matter. Neither does a benchmark of a standard size.
   */
  private static boolean needsNoModel(ParseResult command) {
    return WITHOUT_MODEL.contains(command.commandSpec().name()) || command.hasMatchedOption(SIZE);
  }
}
