package gpt2j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the command line. */
@Command(name = "gpt2j", mixinStandardHelpOptions = true, version = "gpt2j 0.1.0-SNAPSHOT")
final class Main implements Runnable {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public void run() {
    DaggerCliComponent.create()
        .backends()
        .forEach((name, provider) -> System.out.println(name + ": " + provider.availability()));
  }
}
