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
import gpt2j.cli.options.ModelReference;
import gpt2j.cli.options.ModelSource;
import gpt2j.model.gpt2.checkpoint.CheckpointConversion;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Copies a checkpoint with weights of another type. */
@Command(
    name = "convert",
    description = {
      "Copies a checkpoint with weights of another type: half as large, for example.",
      "The tokenizer's files are copied, too; what else lies there is not."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {"  bin/cli convert --model run/best --dtype bf16 --out small"})
public final class ConvertCommand extends ContextCommand {
  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description =
          "The directory of a checkpoint in the layout of Hugging Face, or the name of a model of"
              + " its hub.")
  private @Nullable ModelReference model;

  @Mixin(name = "Network")
  private ModelSource source = new ModelSource(context);

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = Choice.OfDataType.class,
      completionCandidates = Choice.OfDataType.class,
      description = "How weights are stored: ${COMPLETION-CANDIDATES}. Default: f32.")
  private DataType dtype = DataType.F32;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write it: a new directory, or an empty one.")
  private @Nullable Path out;

  public ConvertCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (model == null) {
      throw UserError.usage("no checkpoint: give --model MODEL");
    }
    if (out == null) {
      throw UserError.usage("no place for the checkpoint: give --out DIR");
    }
    Path from = source.locate(model);
    Optional<String> nonFinite;
    try (Interruption.Section _ = context.interruption().during(() -> {});
        Progress progress = new Progress(context, "writing")) {
      nonFinite =
          CheckpointConversion.write(
              from,
              out,
              dtype,
              (written, bytes) -> {
                context.interruption().check();
                progress.report(written, bytes);
              },
              note -> context.say("note: " + note));
    }
    nonFinite.ifPresent(
        problem ->
            context.say("%s: %s, and so has the copy: it can't be run".formatted(from, problem)));
    context.say("wrote %s: weights in %s".formatted(out, Choice.lowerCase(dtype)));
    return ExitCode.OK;
  }
}
