package gpt2j.cli.options;

import gpt2j.cli.io.CommandContext;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What all commands have: what they work with, and the options of every command. */
public abstract class ContextCommand implements Callable<Integer> {
  protected final CommandContext context;

  @Mixin(name = CommonOptions.GROUP)
  private CommonOptions common = new CommonOptions();

  protected ContextCommand(CommandContext context) {
    this.context = context;
  }
}
