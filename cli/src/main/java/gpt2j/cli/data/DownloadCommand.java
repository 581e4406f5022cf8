package gpt2j.cli.data;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.UserError;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.ModelSource;
import gpt2j.hub.HubModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Downloads a model of the hub. */
@Command(
    name = "download",
    description = {
      "Downloads a model of the Hugging Face hub into the cache that it shares with Python's"
          + " libraries, and prints the folder.",
      "What is there already isn't downloaded again; what was broken off goes on."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli download gpt2",
      "  bin/cli download openai-community/gpt2-xl --revision main",
      "  HF_ENDPOINT=https://mirror.example bin/cli download gpt2"
    })
public final class DownloadCommand extends ContextCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description =
          "The model: gpt2, OWNER/NAME, either with @REVISION, or the address of its page.")
  private @Nullable String name;

  @Option(
      names = "--revision",
      paramLabel = "REVISION",
      description = "A branch, a tag or a commit. Default: main.")
  private @Nullable String revision;

  @Mixin(name = "Network")
  private ModelSource source = new ModelSource(context);

  public DownloadCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    if (name == null) {
      throw UserError.usage("no model: give its NAME on the hub, such as gpt2");
    }
    context.out().println(source.update(model(name)).toString());
    return ExitCode.OK;
  }

  private HubModel model(String given) {
    HubModel model;
    try {
      model = HubModel.parse(given);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("NAME: %s %s".formatted(OneLine.quote(given), e.getMessage()));
    }
    if (revision == null) {
      return model;
    }
    if (!model.revision().equals(HubModel.MAIN)) {
      throw UserError.usage("--revision and @%s exclude each other".formatted(model.revision()));
    }
    try {
      return model.at(revision);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(
          "--revision: must be a branch, a tag or a commit, not " + OneLine.quote(revision));
    }
  }
}
