package gpt2j.cli.data;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Heartbeat;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.Quantity;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.data.MarkovChain;
import gpt2j.model.gpt2.json.Json;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how well a Markov chain predicts a validation text. */
@Command(
    name = "baseline",
    description = {
      "Says how well a Markov chain over bytes predicts the validation text of prepared data: what"
          + " a model has to be better than.",
      "It is counted on the training text and smoothed by interpolated Kneser-Ney. The loss of a"
          + " model per byte is its loss per token divided by the bytes per token."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {"  bin/cli baseline data", "  bin/cli baseline data --order 3 --format json"})
public final class BaselineCommand extends ContextCommand {
  @Parameters(paramLabel = "DIR", arity = "0..1", description = "The folder that prepare wrote.")
  private @Nullable Path data;

  @Option(
      names = "--order",
      paramLabel = "N",
      converter = Quantity.Order.class,
      description = "How many bytes before each the chain looks at. Default: 5.")
  private int order = 5;

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public BaselineCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (data == null) {
      throw UserError.usage("no data: give the folder that prepare wrote");
    }
    try (DataSet set = DataSets.open(context, data);
        Heartbeat _ = new Heartbeat(context, () -> "counting the bytes of " + data)) {
      if (set.validation().size() == 0) {
        throw UserError.failure(data + ": has no validation text");
      }
      MarkovChain chain = new MarkovChain(order, set.tokenizer(), set.train());
      double loss = chain.loss(set.tokenizer(), set.validation());
      double bytesPerToken = set.bytesPerToken();
      if (output.json()) {
        context
            .out()
            .println(
                Json.line(
                    json -> {
                      json.writeNumberProperty("order", order);
                      json.writeNumberProperty("loss_per_byte", loss);
                      json.writeNumberProperty("bits_per_byte", loss / Math.log(2));
                      json.writeNumberProperty("bytes_per_token", bytesPerToken);
                    }));
      } else {
        context
            .out()
            .println(
                String.format(
                    Locale.ROOT,
                    "Markov chain of order %d: loss %.4f per byte (%.4f bits), %.4f per token of"
                        + " %.3f bytes",
                    order,
                    loss,
                    loss / Math.log(2),
                    loss * bytesPerToken,
                    bytesPerToken));
      }
    }
    return ExitCode.OK;
  }
}
