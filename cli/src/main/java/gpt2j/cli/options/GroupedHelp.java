package gpt2j.cli.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.IHelpFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Help that shows options in groups: each mixin's under its name. */
public final class GroupedHelp extends Help {
  public static final String EXAMPLES = "%n@|bold Examples|@%n";

  /** The first of the characters that are for private use, of which none is in a help. */
  private static final int STAND_INS = 0xe000;

  private static final Pattern SIGN = Pattern.compile("(?<=\\S)[!-/:-@\\[-`{-~](?=\\S)");
  private static final Pattern STAND_IN = Pattern.compile("[\ue000-\ue07f]");

  private GroupedHelp(CommandSpec spec, ColorScheme colors) {
    super(spec, colors);
  }

  /** Makes help, in colour where {@code colorful} says so; asked only when help is shown. */
  public static IHelpFactory factory(BooleanSupplier colorful) {
    return (spec, ignored) ->
        new GroupedHelp(spec, defaultColorScheme(colorful.getAsBoolean() ? Ansi.ON : Ansi.OFF));
  }

  @Override
  public String optionList() {
    CommandSpec spec = commandSpec();
    StringBuilder text = new StringBuilder();
    List<OptionSpec> own = new ArrayList<>(spec.options());
    spec.mixins().values().forEach(mixin -> own.removeAll(mixin.options()));
    append(text, "Options", own);
    Map<String, CommandSpec> mixins = new LinkedHashMap<>(spec.mixins());
    CommandSpec common = mixins.remove(CommonOptions.GROUP);
    mixins.forEach((heading, mixin) -> append(text, heading, mixin.options()));
    if (common != null) {
      append(text, CommonOptions.GROUP, common.options());
    }
    return text.toString();
  }

  private void append(StringBuilder text, String heading, List<OptionSpec> options) {
    if (options.isEmpty()) {
      return;
    }
    CommandSpec spec = commandSpec();
    // All options take part in the width of the columns, so that these line up across groups.
    Layout layout = createDefaultLayout(spec.options(), spec.positionalParameters(), colorScheme());
    for (OptionSpec option : options) {
      if (!option.hidden()) {
        layout.layout(
            option,
            joined(
                createDefaultOptionRenderer()
                    .render(option, createDefaultParamLabelRenderer(), colorScheme())));
      }
    }
    text.append(createHeading("%n@|bold " + heading + "|@%n")).append(parted(layout.toString()));
  }

  @Override
  public String parameterList() {
    CommandSpec spec = commandSpec();
    Layout layout = createDefaultLayout(spec.options(), spec.positionalParameters(), colorScheme());
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      layout.layout(
          parameter,
          joined(
              createDefaultParameterRenderer()
                  .render(parameter, createDefaultParamLabelRenderer(), colorScheme())));
    }
    return parted(layout.toString());
  }

  @Override
  public String description(Object... parameters) {
    TextTable table =
        TextTable.forColumns(
            colorScheme(),
            new Column(commandSpec().usageMessage().width(), 0, Column.Overflow.WRAP));
    table.indentWrappedLines = 0;
    for (String line : commandSpec().usageMessage().description()) {
      for (Text each : ansi().new Text(line.formatted(parameters)).splitLines()) {
        table.addRowValues(joined(each));
      }
    }
    return parted(table.toString());
  }

  /**
   * So that lines break at white space alone: picocli breaks them, as the words of a text, behind
   * the dot of a file's name too, or a hyphen in that of an option. Where signs stand in words,
   * other characters stand for them until the lines are made.
   */
  private Text joined(Text text) {
    Text joined = text;
    for (MatchResult sign : SIGN.matcher(text.plainString()).results().toList()) {
      int at = sign.start();
      joined =
          joined
              .substring(0, at)
              .concat(Character.toString(STAND_INS + sign.group().charAt(0)))
              .concat(joined.substring(at + 1));
    }
    return joined;
  }

  private Text[][] joined(Text[][] cells) {
    return Arrays.stream(cells)
        .map(row -> Arrays.stream(row).map(this::joined).toArray(Text[]::new))
        .toArray(Text[][]::new);
  }

  private static String parted(String lines) {
    return STAND_IN
        .matcher(lines)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(Character.toString(found.group().charAt(0) - STAND_INS)));
  }

  /** Sets what all commands' help has in common. */
  public static void configure(UsageMessageSpec usage) {
    usage.synopsisHeading("@|bold Usage|@ ");
    usage.descriptionHeading("%n");
    usage.parameterListHeading("%n");
    usage.commandListHeading("%n@|bold Commands|@%n");
    usage.abbreviateSynopsis(true);
    usage.sortOptions(false);
  }
}
