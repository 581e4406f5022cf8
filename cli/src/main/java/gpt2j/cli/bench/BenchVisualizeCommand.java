package gpt2j.cli.bench;

import gpt2j.bench.plot.TextDrawing;
import gpt2j.bench.visualize.ObservedBackend;
import gpt2j.bench.visualize.Visualization;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelLoader;
import gpt2j.cli.options.ModelLoader.LoadedModel;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.PromptOptions;
import gpt2j.cli.options.Quantity;
import gpt2j.cli.options.SamplingOptions;
import gpt2j.cli.options.SourceText;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs {@code bench visualize}. */
@Command(
    name = "visualize",
    description = {
      "Shows the KV cache and the attention of one head while it generates.",
      "Writes a film and its frames, attention maps of the text for all layers and heads, and the"
          + " numbers behind them."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench visualize --model DIR --prompt 'Once upon a time'",
      "  bin/cli bench visualize --model DIR --prompt-file story.txt --layer 5 --head 1 --cell 6"
    })
final class BenchVisualizeCommand extends ContextCommand {
  @Mixin(name = "Prompt")
  private PromptOptions prompt = new PromptOptions();

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Tokens to generate at most: the film's steps. Default: 24.")
  private int maxNewTokens = 24;

  @Option(
      names = "--layer",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description = "Which layer, counted from 0. Default: 0.")
  private int layer;

  @Option(
      names = "--head",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description = "Which head of the layer, counted from 0. Default: 0.")
  private int head;

  @Option(
      names = "--cell",
      paramLabel = "N",
      converter = Quantity.Pixels.class,
      description = "Pixels from one position to the next. Default: what fills the picture.")
  private @Nullable Integer cell;

  @Option(
      names = "--delay",
      paramLabel = "MS",
      converter = Quantity.Millis.class,
      description = "Milliseconds for which the film shows a step. Default: 400.")
  private int delay = 400;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where to write: a new directory, or an empty one. Default: results/visualize-TIME.")
  private @Nullable Path out;

  @Mixin(name = "Model")
  private ModelOptions model = new ModelOptions(context);

  @Mixin(name = "Sampling")
  private SamplingOptions sampling = new SamplingOptions();

  BenchVisualizeCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    TextDrawing.problem()
        .ifPresent(
            problem -> {
              throw UserError.failure(problem);
            });
    Path directory = out == null ? BenchRunOptions.newDirectory("visualize") : out;
    SourceText source = prompt.read(context);
    ModelLoader loader = new ModelLoader(context, model, ObservedBackend::new);
    try (LoadedModel loaded =
        loader.load((tokenizer, config) -> encode(source, tokenizer, config))) {
      List<Path> files = write(loaded, directory);
      files.stream()
          .filter(file -> directory.toAbsolutePath().equals(file.getParent()))
          .forEach(file -> context.out().println(directory.resolve(file.getFileName()).toString()));
    }
    return ExitCode.OK;
  }

  private int[] encode(SourceText source, Tokenizer tokenizer, Gpt2Config config) {
    requireBelow("--layer", "layers", layer, config.layers());
    requireBelow("--head", "heads", head, config.heads());
    int[] tokens = source.tokens(context, tokenizer, prompt.special(), config);
    if (tokens.length > config.contextLength()) {
      throw UserError.usage(
          "the prompt has %d tokens, more than the model's context of %d; shorten it"
              .formatted(tokens.length, config.contextLength()));
    }
    long positions = Math.min(config.contextLength(), (long) tokens.length + maxNewTokens - 1);
    int pixels = cell == null ? Visualization.cellFor((int) positions) : cell;
    if (positions * pixels > Visualization.MOST_PIXELS) {
      throw UserError.usage(
          "--cell: %d positions of %d pixels each make pictures wider than %d pixels; give smaller cells or fewer tokens"
              .formatted(positions, pixels, Visualization.MOST_PIXELS));
    }
    return tokens;
  }

  private static void requireBelow(String option, String what, int value, int count) {
    if (value >= count) {
      throw UserError.usage(
          "%s: the model has %s 0 to %d, not %d".formatted(option, what, count - 1, value));
    }
  }

  private List<Path> write(LoadedModel loaded, Path directory) {
    try (Interruption.Section _ = context.interruption().during(() -> {});
        BenchProgress progress = new BenchProgress(context)) {
      Visualization visualization =
          new Visualization(
              loaded.model(),
              (ObservedBackend) loaded.backend(),
              new Visualization.Settings(
                  model.modelName(),
                  layer,
                  head,
                  maxNewTokens,
                  cell == null ? OptionalInt.empty() : OptionalInt.of(cell),
                  Duration.ofMillis(delay)));
      return visualization.write(
          loaded.tokens(),
          sampling.parameters(),
          directory,
          context.interruption()::requested,
          (done, total) -> progress.progressed("drawing", done, total));
    }
  }
}
