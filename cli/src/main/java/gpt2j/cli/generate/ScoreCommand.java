package gpt2j.cli.generate;

import gpt2j.api.Words;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Progress;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelLoader;
import gpt2j.cli.options.ModelLoader.LoadedModel;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.Quantity;
import gpt2j.cli.options.SourceText;
import gpt2j.cli.options.TextOptions;
import gpt2j.model.gpt2.Score;
import gpt2j.model.gpt2.ScoreOptions;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells how probable a model finds a text. */
@Command(
    name = "score",
    description = {
      "Tells how probable a model finds a text.",
      "Prints the log-probability of each token after those before it, the mean loss, which is"
          + " their negative mean, and the perplexity."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli score --model DIR 'The quick brown fox'",
      "  bin/cli score --model DIR --file book.txt --stride 256 --format json",
      "  bin/cli score --model DIR --token-ids 464,2068,7586 --top-logprobs 5"
    })
public final class ScoreCommand extends ContextCommand {
  @Mixin(name = "Text")
  private TextOptions text = new TextOptions();

  @Option(
      names = "--token-ids",
      paramLabel = "IDS",
      description = "Tokens instead of a text, as in 15496,995; - reads standard input.")
  private @Nullable String tokenIds;

  @Option(
      names = "--top-logprobs",
      paramLabel = "N",
      converter = Quantity.CountOrZero.class,
      description = "Show the N most probable tokens in each token's place too. Default: 0.")
  private int topLogprobs;

  @Option(
      names = "--stride",
      paramLabel = "N",
      description =
          "For a text longer than the model's context: how many tokens each window is ahead of the"
              + " one before. Smaller is more exact and slower. Default: half the context.")
  private @Nullable Integer stride;

  @Mixin(name = "Model")
  private ModelOptions model = new ModelOptions(context);

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public ScoreCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    SourceText source =
        text.sources(context)
            .tokenIds("--token-ids", tokenIds)
            .read("no text: give TEXT, --file FILE or --token-ids IDS");
    ModelLoader loader = new ModelLoader(context, model);
    try (LoadedModel loaded =
        loader.load((tokenizer, config) -> encode(source, tokenizer, config))) {
      long start = System.nanoTime();
      Score score = score(loaded);
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      if (output.json()) {
        context.out().println(ScorePrinter.json(score, topLogprobs > 0));
      } else {
        context.out().print(ScorePrinter.text(score, loaded.model().tokenizer()));
        context.say(timing(loaded, time));
      }
    }
    return ExitCode.OK;
  }

  private int[] encode(SourceText source, Tokenizer tokenizer, Gpt2Config config) {
    int length = config.contextLength();
    if (stride != null && stride > length) {
      throw UserError.usage(
          "--stride: must be at most the model's context of %d, not %d".formatted(length, stride));
    }
    if (length < 2) {
      throw UserError.usage(
          "--model: has a context of one token, so there is none before it to score it after;"
              + " choose another model");
    }
    int[] tokens = source.tokens(context, tokenizer, text.special(), config);
    if (tokens.length < 2) {
      throw UserError.usage(
          "%s: needs at least 2 tokens, since the first has none before it; it has %d"
              .formatted(source.label(), tokens.length));
    }
    return tokens;
  }

  private Score score(LoadedModel loaded) {
    try (Progress progress = new Progress(context, "scoring", Progress.Unit.TOKENS)) {
      return loaded.model().score(loaded.tokens(), options().withProgress(progress::report));
    }
  }

  private ScoreOptions options() {
    ScoreOptions options = ScoreOptions.defaults().withTopLogprobs(topLogprobs);
    return stride == null ? options : options.withStride(stride);
  }

  private static String timing(LoadedModel loaded, Duration time) {
    int tokens = loaded.tokens().length;
    return String.format(
        Locale.ROOT,
        "load %.1f ms; scored %s, %.1f tokens/s",
        loaded.loadTime().toNanos() / 1e6,
        Words.count(tokens, "token"),
        tokens * 1e9 / Math.max(1, time.toNanos()));
  }
}
