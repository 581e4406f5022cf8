package gpt2j.cli.generate;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.JsonLine;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelLoader;
import gpt2j.cli.options.ModelReference;
import gpt2j.cli.options.ModelSource;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.SourceText;
import gpt2j.cli.options.TextOptions;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.model.gpt2.tokenizer.TokenizerException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Turns text into token ids and back. */
@Command(
    name = "tokenize",
    description = "Turns a text into token ids, or token ids into their text.",
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli tokenize 'Hello world'",
      "  bin/cli tokenize --decode 15496,995",
      "  bin/cli tokenize --file book.txt | bin/cli tokenize --decode -"
    })
public final class TokenizeCommand extends ContextCommand {
  @Mixin(name = "Text")
  private TextOptions text = new TextOptions();

  @Option(
      names = "--decode",
      paramLabel = "IDS",
      description = "Token ids to turn into text, as in 15496,995; - reads standard input.")
  private @Nullable String decode;

  @Option(
      names = "--model",
      paramLabel = ModelReference.LABEL,
      description =
          "A checkpoint, or a model of the hub, whose vocabulary to use. Default: GPT-2's.")
  private @Nullable ModelReference model;

  @Mixin(name = "Network")
  private ModelSource place = new ModelSource(context);

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public TokenizeCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    SourceText source =
        text.sources(context)
            .tokenIds("--decode", decode)
            .read("no text: give TEXT, --file FILE or --decode IDS");
    Tokenizer tokenizer =
        model == null ? Tokenizer.gpt2() : ModelLoader.loadTokenizer(place.locate(model));
    int[] tokens;
    try (Heartbeat _ = new Heartbeat(context, () -> "making tokens of " + source.label())) {
      tokens = source.tokens(context, tokenizer, text.special());
    }
    String decoded = source instanceof SourceText.Text(_, String given) ? given : null;
    if (decoded == null) {
      decoded = decode(tokenizer, source.label(), tokens);
    }
    if (output.json()) {
      String words = decoded;
      context
          .out()
          .println(
              Json.line(
                  json -> {
                    JsonLine.writeTokens(json, "tokens", tokens);
                    json.writeStringProperty("text", words);
                  }));
    } else {
      context.out().println(decode == null ? SourceText.Tokens.format(tokens) : decoded);
    }
    return ExitCode.OK;
  }

  private static String decode(Tokenizer tokenizer, String label, int... tokens) {
    try {
      return tokenizer.decode(tokens);
    } catch (TokenizerException e) {
      throw UserError.usage(label + ": " + e.getMessage());
    }
  }
}
