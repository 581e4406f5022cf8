package gpt2j.cli;

import gpt2j.api.BackendException;
import gpt2j.bench.context.BenchException;
import gpt2j.bench.result.ResultException;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.OutputException;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.Choice;
import gpt2j.cli.options.CommonOptions;
import gpt2j.hub.HubException;
import gpt2j.model.gpt2.NonFiniteException;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.data.DataException;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import gpt2j.model.gpt2.training.run.RunException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever goes wrong into one line on standard error and an exit code. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {
  private final CommandContext context;
  private final boolean debug;

  Errors(CommandContext context, String... arguments) {
    this.context = context;
    // Not an option's value, since the parser may be what fails.
    debug = List.of(arguments).contains(CommonOptions.DEBUG);
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    say(message(e, arguments), e);
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return handle(e);
  }

  /** Anything that was thrown. */
  int handle(Throwable e) {
    if (e instanceof CancellationException || context.interruption().requested()) {
      if (debug) {
        e.printStackTrace(context.err());
      }
      return ExitCode.INTERRUPTED;
    }
    return switch (e) {
      case OutputException output when output.readerHasGone() -> ExitCode.OK;
      case OutputException _ -> fail(e);
      case UserError error -> {
        say(message(e), e);
        yield error.exitCode();
      }
      case BenchException error -> {
        say(message(e), e);
        yield error.isUsage() ? ExitCode.USAGE : ExitCode.FAILURE;
      }
      case ResultException _,
          CheckpointException _,
          NonFiniteException _,
          TokenizerException _,
          RunException _,
          DataException _,
          HubException _,
          BackendException _ ->
          fail(e);
      case OutOfMemoryError _ -> {
        say("out of memory: " + message(e), e);
        yield ExitCode.FAILURE;
      }
      default -> {
        say("internal error, please report what --debug shows: " + e, e);
        yield ExitCode.FAILURE;
      }
    };
  }

  private int fail(Throwable e) {
    say(message(e), e);
    return ExitCode.FAILURE;
  }

  private void say(String message, Throwable e) {
    context.say(message);
    if (debug) {
      e.printStackTrace(context.err());
    }
  }

  private static String message(Throwable e) {
    return Objects.requireNonNullElse(e.getMessage(), e.toString());
  }

  private static String message(ParameterException e, String... arguments) {
    return switch (e) {
      case UnmatchedArgumentException unmatched -> unmatched(unmatched, arguments);
      case OverwrittenOptionException overwritten ->
          label(overwritten.getOverwritten()) + ": is given more than once";
      case MissingParameterException missing when missing.getMissing().size() == 1 ->
          missing(missing.getMissing().getFirst());
      default -> other(e);
    };
  }

  private static String other(ParameterException e) {
    if (e.getArgSpec() != null && e.getCause() instanceof TypeConversionException cause) {
      return label(e.getArgSpec()) + ": " + cause.getMessage();
    }
    return e.getArgSpec() == null && e.getValue() != null // the help command's
        ? "unknown command %s; --help shows all".formatted(OneLine.quote(e.getValue()))
        : message(e);
  }

  private static String unmatched(UnmatchedArgumentException e, String... arguments) {
    String argument = e.getUnmatched().getFirst();
    String quoted = OneLine.quote(argument);
    List<String> similar =
        e.getSuggestions().stream()
            .filter(name -> e.isUnknownOption() || isNear(argument, name))
            .limit(3)
            .toList();
    if (e.isUnknownOption()) {
      return similar.isEmpty()
          ? "unknown option %s; --help shows all".formatted(quoted)
          : "unknown option %s; did you mean %s?".formatted(quoted, Choice.list(similar));
    }
    boolean isCommand = arguments.length > 0 && arguments[0].equals(argument);
    if (!isCommand || e.getCommandLine().getParent() != null) {
      boolean hasPrompt = e.getCommandLine().getCommandSpec().findOption("--prompt") != null;
      return "unexpected argument %s; %s"
          .formatted(
              quoted, hasPrompt ? "a prompt needs --prompt" : "--help shows what may be given");
    }
    if (argument.codePoints().anyMatch(Character::isWhitespace)) {
      return "unknown command %s; a text to go on from needs --prompt: bin/cli --prompt %s"
          .formatted(quoted, quoted);
    }
    return similar.isEmpty()
        ? "unknown command %s; --help shows all, and a text to go on from needs --prompt"
            .formatted(quoted)
        : "unknown command %s; did you mean %s?".formatted(quoted, Choice.list(similar));
  }

  /** Whether a word may be a command mistyped: begun only, or with at most two letters wrong. */
  private static boolean isNear(String word, String command) {
    if (word.length() > 1 && command.startsWith(word)) {
      return true;
    }
    int[] before = IntStream.rangeClosed(0, command.length()).toArray(); // Levenshtein 1966
    for (int i = 1; i <= word.length(); i++) {
      int[] row = new int[command.length() + 1];
      row[0] = i;
      for (int j = 1; j <= command.length(); j++) {
        int other = word.charAt(i - 1) == command.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(before[j - 1] + other, 1 + Math.min(before[j], row[j - 1]));
      }
      before = row;
    }
    return before[command.length()] <= Math.min(2, word.length() / 2);
  }

  private static String missing(ArgSpec argument) {
    String label = label(argument);
    return "%s: needs a value, as in %s=%s".formatted(label, label, argument.paramLabel());
  }

  private static String label(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }
}
