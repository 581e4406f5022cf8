package gpt2j.cli.generate;

import gpt2j.api.SamplingParameters;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelLoader;
import gpt2j.cli.options.ModelLoader.LoadedModel;
import gpt2j.cli.options.ModelOptions;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.PromptOptions;
import gpt2j.cli.options.SamplingOptions;
import gpt2j.cli.options.SourceText;
import gpt2j.cli.options.TokenChoice;
import gpt2j.cli.options.TokenOptions;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.Generation;
import gpt2j.model.gpt2.GenerationEvent;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Generates text. */
@Command(
    name = "generate",
    description = "Goes on with a text. The command when none is given.",
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli --model DIR --prompt 'Once upon a time'",
      "  bin/cli --model DIR --prompt 'The answer is' --temperature 0 --max-new-tokens 20",
      "  bin/cli --model DIR --prompt-file story.txt --num-samples 3 --seed 1 --format json",
      "  printf 'Q: Why?\\nA:' | bin/cli --model DIR --prompt - --stop 'Q:'"
    })
public class GenerateCommand extends ContextCommand {
  @Mixin(name = "Prompt")
  private PromptOptions prompt = new PromptOptions();

  @Mixin(name = "Model")
  private ModelOptions model = new ModelOptions(context);

  @Mixin(name = "Generation")
  private GenerationOptions generation = new GenerationOptions();

  @Mixin(name = "Sampling")
  private SamplingOptions sampling = new SamplingOptions();

  @Mixin(name = "Tokens")
  private TokenOptions tokens = new TokenOptions();

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public GenerateCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    generation.check();
    SamplingParameters parameters = sampling.parameters();
    TokenChoice choice = tokens.read();
    SourceText source = prompt.read(context);
    ModelLoader loader = new ModelLoader(context, model);
    try (LoadedModel loaded =
        loader.load(
            (tokenizer, config) -> {
              choice.check(tokenizer, config);
              return encode(source, tokenizer, config);
            })) {
      GenerationRequest request = generation.request(loaded.tokens(), parameters);
      return generate(loaded, choice.applyTo(request));
    }
  }

  private int[] encode(SourceText source, Tokenizer tokenizer, Gpt2Config config) {
    int[] encoded = source.tokens(context, tokenizer, prompt.special(), config);
    int length = config.contextLength();
    if (encoded.length > length && generation.contextOverflow() == ContextOverflow.STOP) {
      throw UserError.usage(
          "the prompt has %d tokens, more than the model's context of %d; shorten it, or give --context-overflow recompute or slide"
              .formatted(encoded.length, length));
    }
    return encoded;
  }

  private int generate(LoadedModel loaded, GenerationRequest request) {
    try (Generation running = loaded.model().start(request);
        Interruption.Section _ = context.interruption().during(running::cancel)) {
      Consumer<GenerationEvent> printer =
          output.json()
              ? new JsonSamples(context.out(), loaded, request)
              : new TextSamples(context.out(), request.samples());
      while (running.hasNext()) {
        GenerationEvent event = running.next();
        printer.accept(event);
      }
      Summary summary = new Summary(loaded, request, running.completions());
      summary.notices().forEach(context::say);
      if (!output.json()) {
        context.say(summary.timing());
      }
    }
    return context.interruption().requested() ? ExitCode.INTERRUPTED : ExitCode.OK;
  }
}
