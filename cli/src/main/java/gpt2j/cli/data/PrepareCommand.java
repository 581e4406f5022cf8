package gpt2j.cli.data;

import gpt2j.api.Words;
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
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.data.DataDescription;
import gpt2j.model.gpt2.data.prepare.Preparation;
import gpt2j.model.gpt2.data.prepare.PreparationListener;
import gpt2j.model.gpt2.data.prepare.PreparationOptions;
import gpt2j.model.gpt2.data.prepare.VocabularyChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes tokens of texts, for training. */
@Command(
    name = PrepareCommand.NAME,
    description = {
      "Makes tokens of texts, for training.",
      "Files are one document each, or have a line <|endoftext|> after each document; *.jsonl has"
          + " a document in the member \"text\" of each line. Of folders all *.txt, *.text, *.md,"
          + " *.jsonl and *.ndjson are taken, sorted by path."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli prepare book.txt --out data",
      "  bin/cli prepare stories.txt --vocab-size 1024 --out data",
      "  bin/cli prepare texts more.jsonl --vocabulary bytes --validation 0.05 --out data"
    })
public final class PrepareCommand extends ContextCommand {
  public static final String NAME = "prepare";

  private static final String VOCABULARY = "--vocabulary";

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Files of text or JSON lines, or folders of them.")
  private List<Path> inputs = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write the tokens: a new directory, or an empty one.")
  private @Nullable Path out;

  @Option(
      names = VOCABULARY,
      paramLabel = "NAME",
      converter = Choice.OfVocabulary.class,
      completionCandidates = Choice.OfVocabulary.class,
      description =
          "GPT-2's, every byte by itself, or learned from the text: ${COMPLETION-CANDIDATES}."
              + " Default: gpt2.")
  private @Nullable String vocabulary;

  @Option(
      names = "--vocab-size",
      paramLabel = "N",
      converter = Quantity.LearnedTokens.class,
      description = "Tokens of a vocabulary that is learned; means --vocabulary=bpe.")
  private @Nullable Integer size;

  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description =
          "A checkpoint, or a model of the hub, whose vocabulary to use, instead of --vocabulary.")
  private @Nullable ModelReference model;

  @Mixin(name = "Network")
  private ModelSource source = new ModelSource(context);

  @Option(
      names = "--validation",
      paramLabel = "F",
      converter = Quantity.Share.class,
      description = "Fraction of the text that is set apart. Default: 0.1.")
  private double validation = 0.1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides which documents are set apart. Default: 0.")
  private long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Quantity.Threads.class,
      description = "Threads that encode. Default: all processors.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--no-baseline",
      description =
          "Don't measure how well a Markov chain predicts the validation text, which train tells"
              + " beside its own loss. Nor is it with more than 64 MiB of training text.")
  private boolean noBaseline;

  public PrepareCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (inputs.isEmpty()) {
      throw UserError.usage("no text: give files or folders");
    }
    if (out == null) {
      throw UserError.usage("no place for the tokens: give --out DIR");
    }
    var options = new PreparationOptions(choice(), validation, seed, threads, !noBaseline);
    DataDescription result;
    try (Interruption.Section _ = context.interruption().during(() -> {});
        Listener listener = new Listener(context)) {
      result = Preparation.run(inputs, out, options, listener);
    }
    context.say(
        "wrote %s: %s; %s; vocabulary of %d, %.2f bytes per token%s"
            .formatted(
                out,
                part("training", result.train()),
                part("validation", result.validation()),
                result.vocabularySize(),
                bytesPerToken(result),
                result
                    .baseline()
                    .map(baseline -> "; " + PerByte.words(baseline) + " nats per byte")
                    .orElse("")));
    return ExitCode.OK;
  }

  private VocabularyChoice choice() {
    if (model != null) {
      if (vocabulary != null || size != null) {
        throw UserError.usage(
            "--model and %s exclude each other: give one of them"
                .formatted(vocabulary == null ? "--vocab-size" : VOCABULARY));
      }
      return new VocabularyChoice.OfCheckpoint(source.locate(model));
    }
    String name = vocabulary == null ? size == null ? "gpt2" : "bpe" : vocabulary;
    if (size != null && !name.equals("bpe")) {
      throw UserError.usage("--vocab-size: only for --vocabulary=bpe, not for " + name);
    }
    return switch (name) {
      case "gpt2" -> new VocabularyChoice.Gpt2();
      case "bytes" -> new VocabularyChoice.Bytes();
      default -> {
        if (size == null) {
          throw UserError.usage("--vocabulary=bpe: needs a size, as in --vocab-size=1024");
        }
        yield new VocabularyChoice.Learned(size);
      }
    };
  }

  private static double bytesPerToken(DataDescription result) {
    DataDescription.Part train = result.train();
    return (double) (train.bytes() + train.documents()) / train.tokens();
  }

  private static String part(String name, DataDescription.Part part) {
    return String.format(
        Locale.ROOT,
        "%s %,d %s, %,d %s",
        name,
        part.documents(),
        Words.noun(part.documents(), "document", "documents"),
        part.tokens(),
        Words.noun(part.tokens(), "token", "tokens"));
  }

  /** A progress bar for each task. */
  private static final class Listener implements PreparationListener, AutoCloseable {
    private final CommandContext context;
    private String task = "";
    private @Nullable Progress progress;

    Listener(CommandContext context) {
      this.context = context;
    }

    @Override
    public void progressed(String newTask, long done, long total, PreparationListener.Unit unit) {
      context.interruption().check();
      if (progress == null || !task.equals(newTask)) {
        close();
        task = newTask;
        progress = new Progress(context, newTask, Progress.Unit.valueOf(unit.name()));
      }
      progress.report(done, total);
    }

    @Override
    public void note(String line) {
      close();
      context.say(line);
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
        progress = null;
      }
    }
  }
}
