package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.HubProgress;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.io.OneLine;
import gpt2j.cli.io.UserError;
import gpt2j.hub.Hub;
import gpt2j.hub.HubException;
import gpt2j.hub.HubListener;
import gpt2j.hub.HubModel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.BiFunction;
import picocli.CommandLine.Option;

/** Finds the model that {@code --model} names: here, or on the hub. */
public final class ModelSource {
  private final CommandContext context;

  @Option(
      names = "--offline",
      description =
          "Take a model of the hub from its cache, and ask nothing of the network. So does"
              + " HF_HUB_OFFLINE=1.")
  private boolean offline;

  public ModelSource(CommandContext context) {
    this.context = context;
  }

  /**
   * Where a model is: the path, if there is something; else that of the hub by this name, which is
   * downloaded if need be. What can only be meant as a path is one, whether there is something or
   * not.
   */
  public Path locate(ModelReference reference) {
    String text = reference.text();
    if (HubModel.isAddress(text)) {
      return resolve(model(text));
    }
    Path path = path(text);
    if (isMeantAsPath(path, text)) {
      return path;
    }
    HubModel model;
    try {
      model = HubModel.parse(text);
    } catch (IllegalArgumentException e) {
      return path; // who opens it says that it isn't there
    }
    try {
      return resolve(model);
    } catch (HubException e) {
      throw UserError.failure(e.getMessage() + "; nor is there a folder of that name");
    }
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw UserError.usage(
          "--model: must be a path, not %s: %s".formatted(OneLine.quote(text), e.getReason()));
    }
  }

  /** Whoever names something in a folder that there is means that folder. */
  private static boolean isMeantAsPath(Path path, String text) {
    return HubModel.isPathOnly(text)
        || Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        || path.getParent() != null && Files.exists(path.getParent());
  }

  private static HubModel model(String address) {
    try {
      return HubModel.parse(address);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--model: %s %s".formatted(OneLine.quote(address), e.getMessage()));
    }
  }

  private Path resolve(HubModel model) {
    return get(model, hub()::resolve);
  }

  /**
   * Has a model of the hub as it is there now.
   *
   * @throws HubException when it can't be had
   */
  public Path update(HubModel model) {
    return get(model, hub()::update);
  }

  private Path get(HubModel model, BiFunction<HubModel, HubListener, Path> from) {
    try (Interruption.Section _ = context.interruption().during(() -> {});
        HubProgress progress = new HubProgress(context, model)) {
      return from.apply(model, progress);
    }
  }

  private Hub hub() {
    return offline ? context.hub().offline() : context.hub();
  }
}
