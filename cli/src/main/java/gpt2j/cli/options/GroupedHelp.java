package gpt2j.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Help that shows options in groups: each mixin's under its name. */
public final class GroupedHelp extends Help {
  public static final String EXAMPLES = "%n@|bold Examples|@%n";

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
    for (Map.Entry<String, CommandSpec> mixin : spec.mixins().entrySet()) {
      append(text, mixin.getKey(), mixin.getValue().options());
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
    layout.addOptions(options, createDefaultParamLabelRenderer());
    text.append(createHeading("%n@|bold " + heading + "|@%n")).append(layout);
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
