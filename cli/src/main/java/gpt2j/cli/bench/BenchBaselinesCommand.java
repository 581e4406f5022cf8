package gpt2j.cli.bench;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.Benchmarks;
import gpt2j.bench.ResultDirectory;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.setup.Program;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.Several;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@code bench baselines}. */
@Command(
    name = "baselines",
    aliases = "peers",
    description = {
      "Measures prefill and decoding beside the programs that one would otherwise take: same"
          + " checkpoint, same threads, in turn.",
      "What isn't installed is named as absent. Default: gpt2 in f32 and bf16, a prompt of 512"
          + " tokens for prefill; for decoding a prompt of 32, 128 new tokens, 1, 16 and 32"
          + " sequences; 5 rounds."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli bench baselines --python venv/bin/python --download",
      "  bin/cli bench baselines --programs transformers --precision f32 --batch 1"
    })
final class BenchBaselinesCommand extends ContextCommand {
  @Spec private CommandSpec spec;

  @Option(
      names = "--programs",
      paramLabel = "NAMES",
      converter = Several.OfPrograms.class,
      completionCandidates = Several.OfPrograms.class,
      description = "Which programs: ${COMPLETION-CANDIDATES}. Default: all.")
  private Several<Program> programs = new Several<>(List.of(Program.values()));

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description = "The Python that has torch and transformers. Default: python3 on the PATH.")
  private @Nullable Path python;

  @Option(
      names = "--llama-bench",
      paramLabel = "FILE",
      description =
          "llama.cpp's llama-bench, with llama-batched-bench beside it. Default: that on the PATH.")
  private @Nullable Path llamaBench;

  @Option(
      names = "--download",
      description = "Have Maven bring Jlama's jars from Maven Central, if they aren't there.")
  private boolean download;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long a program may take to load, or to answer. Default: 600.")
  private int timeout = 600;

  @Mixin(name = "Model")
  private BenchModelOptions models = new BenchModelOptions(context);

  @Option(
      names = "--prefill-tokens",
      paramLabel = "N",
      description = "Length of the prompt whose prefill is measured.")
  private int prefillTokens = 512;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Length of each prompt before decoding.")
  private int promptTokens = 32;

  @Option(
      names = "--new-tokens",
      paramLabel = "N",
      description = "Tokens decoded for each sequence, 2 or more.")
  private int newTokens = 128;

  @Option(
      names = "--batch",
      paramLabel = "N,…",
      converter = Several.OfCounts.class,
      description = "Sequences side by side.")
  private Several<Integer> batches = new Several<>(List.of(1, 16, 32));

  @Option(names = "--rounds", paramLabel = "N", description = "How often all are measured in turn.")
  private int rounds = 5;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the prompts' random tokens. Default: 0.")
  private long seed;

  @Mixin(name = "Results")
  private BenchRunOptions run = new BenchRunOptions();

  BenchBaselinesCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    BaselinesSettings given =
        run.config(spec, ResultFile::readBaselinesSettings, this::locate).orElseGet(this::settings);
    ProgramOptions defaults = ProgramOptions.defaults();
    ProgramOptions options =
        new ProgramOptions(
            python == null ? defaults.python() : python.toString(),
            llamaBench == null ? defaults.llamaBench() : llamaBench.toString(),
            download,
            Duration.ofSeconds(timeout));
    return new BenchRunner(context, run, models)
        .run(
            BenchmarkCommand.BASELINES,
            (benchmarks, directory) -> measure(benchmarks, given, options, directory));
  }

  private BenchmarkResult measure(
      Benchmarks benchmarks,
      BaselinesSettings given,
      ProgramOptions options,
      ResultDirectory directory) {
    BaselinesSettings settings =
        directory.before().orElse(null) instanceof BaselinesResult before
            ? locate(directory.path(), before.settings())
            : given;
    return benchmarks.baselines(settings, options, directory);
  }

  private BaselinesSettings locate(Path result, BaselinesSettings settings) {
    return settings.withModel(models.locate(result, settings.model()));
  }

  private BaselinesSettings settings() {
    if (newTokens < 2) {
      throw UserError.usage("--new-tokens: must be 2 or more: the first is prefill's");
    }
    return new BaselinesSettings(
        one("--size", models.models()),
        programs.values(),
        one("--backend", models.backends()),
        models.precisions(List.of(WeightFormat.F32, WeightFormat.BF16)),
        models.threads(),
        batches.values(),
        prefillTokens,
        promptTokens,
        newTokens,
        rounds,
        seed);
  }

  private static String one(String option, List<String> values) {
    if (values.size() > 1) {
      throw UserError.usage(option + ": must be one here, not " + String.join(",", values));
    }
    return values.getFirst();
  }
}
