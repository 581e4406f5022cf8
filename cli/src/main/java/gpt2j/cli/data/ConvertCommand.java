package gpt2j.cli.data;

import gpt2j.api.tensor.WeightFormat;
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
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Converted;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.convert.TensorError;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Copies a checkpoint to another format, or with weights of another type. */
@Command(
    name = "convert",
    description = {
      "Copies a checkpoint to another format, or with weights of another type.",
      "The vocabulary is copied, too; what else lies there is not."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli convert --model run/best --dtype bf16 --out small",
      "  bin/cli convert --model gpt2 --dtype q8_0 --report --out gpt2-q8_0.gguf",
      "  bin/cli convert --model out/ckpt.pt --out mine"
    })
public final class ConvertCommand extends ContextCommand {
  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description =
          "A checkpoint: a folder in the layout of Hugging Face, a file, or the name of a model of"
              + " the hub.")
  private @Nullable ModelReference model;

  @Mixin(name = "Network")
  private ModelSource source = new ModelSource(context);

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      converter = Choice.OfTarget.class,
      completionCandidates = Choice.OfTarget.class,
      description =
          "What to write: ${COMPLETION-CANDIDATES}. Default: by the name after --out, gguf for one"
              + " that ends so, llmc for one that ends in bin, else hf, a folder in the layout of"
              + " Hugging Face.")
  private @Nullable Target format;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = Choice.OfPrecision.class,
      completionCandidates = Choice.OfPrecision.class,
      description =
          "How weights are stored: ${COMPLETION-CANDIDATES}, as far as the format has it. Default:"
              + " f32.")
  private @Nullable WeightFormat dtype;

  @Option(
      names = "--gelu",
      paramLabel = "GELU",
      converter = Choice.OfGelu.class,
      completionCandidates = Choice.OfGelu.class,
      description =
          "${COMPLETION-CANDIDATES}: write a model whose GELU is exact, as nanoGPT's, as one by"
              + " tanh, which is all that gguf and llmc have. The copy's logits are a little off.")
  private @Nullable String gelu;

  @Option(
      names = "--report",
      description = "Tell how much each tensor has lost by being rounded, as a table.")
  private boolean report;

  @Option(
      names = "--out",
      paramLabel = "PATH",
      description = "Where to write it: a new file, a new directory, or an empty one.")
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
      throw UserError.usage("no place for the checkpoint: give --out PATH");
    }
    Target target = format == null ? Target.of(out) : format;
    WeightFormat type = dtype == null ? WeightFormat.F32 : dtype;
    if (!target.formats().contains(type)) {
      throw UserError.usage(
          "--dtype: %s has no weights in %s; choose %s"
              .formatted(
                  Choice.lowerCase(target),
                  Choice.lowerCase(type),
                  Choice.list(target.formats().stream().map(Choice::lowerCase).toList())));
    }
    Path from = source.locate(model);
    Converted converted;
    try (Interruption.Section _ = context.interruption().during(() -> {});
        Progress progress = new Progress(context, "writing")) {
      Conversion conversion =
          new Conversion(
              from,
              out,
              target,
              Optional.ofNullable(dtype),
              (written, bytes) -> {
                context.interruption().check();
                progress.report(written, bytes);
              },
              note -> context.say("note: " + note));
      converted = (gelu == null ? conversion : conversion.withTanhGelu()).run();
    }
    converted
        .nonFinite()
        .ifPresent(
            problem ->
                context.say(
                    "%s: %s, and so has the copy: it can't be run".formatted(from, problem)));
    if (converted.gelu() != converted.geluBefore()) {
      context.say(
          "note: %s: its GELU is exact, and that of the copy by tanh, off by 0.0005 at most: so its logits are others"
              .formatted(from));
    }
    context.out().print(ConvertTables.types(converted));
    if (report) {
      context.out().print("\n" + ConvertTables.errors(TensorError.between(from, out)));
    }
    context.say("wrote %s: weights in %s".formatted(out, Choice.lowerCase(type)));
    return ExitCode.OK;
  }
}
