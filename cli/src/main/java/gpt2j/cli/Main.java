package gpt2j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** Entry point of the command line. */
@Command(
    name = "gpt2j",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Generates text with GPT-2.")
final class Main implements Runnable {
  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    var standardError = StandardError.restore();
    var commandLine = new CommandLine(new Main());
    standardError.join();
    System.exit(commandLine.execute(arguments));
  }

  @Override
  public void run() {
    DaggerCliComponent.create()
        .backends()
        .forEach((name, provider) -> System.out.println(name + ": " + provider.availability()));
  }

  /** The version of this module. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      var descriptor = Main.class.getModule().getDescriptor();
      var version = descriptor == null ? "unknown" : descriptor.rawVersion().orElse("unknown");
      return new String[] {"gpt2j " + version};
    }
  }
}
