package gpt2j.cli.data;

import gpt2j.api.tensor.DataType;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.Progress;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.SizeOptions;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a random checkpoint. */
@Command(
    name = "init",
    description = {
      "Writes the checkpoint of an untrained model.",
      "Its weights are random as GPT-2's are at the beginning: for measurements, tests, training."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli init --size gpt2 --out gpt2-random",
      "  bin/cli init --n-layer 4 --n-head 4 --n-embd 128 --n-ctx 256 --seed 7 --out tiny"
    })
public final class InitCommand extends ContextCommand {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write it: a new directory, or an empty one.")
  private @Nullable Path out;

  @Mixin(name = "Size")
  private SizeOptions size = new SizeOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same weights. Default: 0.")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = Choice.OfDataType.class,
      completionCandidates = Choice.OfDataType.class,
      description = "How weights are stored: ${COMPLETION-CANDIDATES}. Default: f32.")
  private DataType dtype = DataType.F32;

  public InitCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    Gpt2Config config = size.config();
    if (out == null) {
      throw UserError.usage("no place for the checkpoint: give --out DIR");
    }
    long bytes = config.parameters() * dtype.bytes();
    try (Interruption.Section _ = context.interruption().during(() -> {});
        Progress progress = new Progress(context, "writing")) {
      RandomCheckpoint.write(
          out,
          config,
          seed,
          dtype,
          fraction -> {
            context.interruption().check();
            progress.report((long) (fraction * bytes), bytes);
          });
    }
    context.say(
        "wrote %s: %s parameters in %s, %s"
            .formatted(out, count(config.parameters()), Choice.lowerCase(dtype), size(bytes)));
    return ExitCode.OK;
  }

  public static String count(long parameters) {
    return parameters < 1e6
        ? Long.toString(parameters)
        : String.format(Locale.ROOT, "%.1f million", parameters / 1e6);
  }

  private static String size(long bytes) {
    return bytes < 1e6
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
