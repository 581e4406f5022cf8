package gpt2j.cli.bench;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The group of benchmarks. */
@Command(
    name = "bench",
    description = {
      "Measures what the KV cache and the hardware buy.",
      "Without a checkpoint at hand, benchmarks make one of a standard size with random weights:"
          + " the time doesn't depend on them."
    },
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench throughput --size gpt2 --batch 1,8 --use-cache true",
      "  bin/cli bench experiment",
      "  bin/cli bench throughput --resume results/throughput-20260102-030405"
    })
public final class BenchCommand extends ContextCommand {
  /** What isn't one of the commands comes here, with all that follows it. */
  @Parameters(arity = "0..*", hidden = true)
  private List<String> unknown = List.of();

  public BenchCommand(CommandContext context) {
    super(context);
  }

  /** Options after an unknown command are no options of this one. */
  @Spec
  private void take(CommandSpec spec) {
    spec.parser().stopAtPositional(true);
  }

  /** The benchmarks by name. */
  public static Map<String, Supplier<Object>> commands(CommandContext context) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("throughput", () -> new BenchGridCommand(context, BenchGrid.THROUGHPUT));
    commands.put("trace", () -> new BenchGridCommand(context, BenchGrid.TRACE));
    commands.put("experiment", () -> new BenchGridCommand(context, BenchGrid.EXPERIMENT));
    commands.put("profile", () -> new BenchGridCommand(context, BenchGrid.PROFILE));
    commands.put("compare", () -> new BenchCompareCommand(context));
    commands.put("roofline", () -> new BenchGridCommand(context, BenchGrid.ROOFLINE));
    commands.put("baselines", () -> new BenchBaselinesCommand(context));
    commands.put("visualize", () -> new BenchVisualizeCommand(context));
    return commands;
  }

  @Override
  public Integer call() {
    throw UserError.usage(
        (unknown.isEmpty()
                ? "bench needs a command: "
                : "unknown command bench %s; bench has the commands "
                    .formatted(OneLine.quote(unknown.getFirst())))
            + Choice.list(commands(context).keySet())
            + "; bench --help explains them");
  }
}
