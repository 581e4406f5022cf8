package gpt2j.bench.jmh;

import gpt2j.api.Availability;
import gpt2j.api.BackendProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs JMH with its own options, on every backend that is available. */
public final class Main {
  private static final int FAILURE = 1;
  private static final int USAGE = 2;

  private Main() {}

  /**
   * Runs the benchmarks that the arguments name, all without any; or measures whole training steps.
   *
   * @param arguments JMH's, or {@code training} and those of {@link TrainingTimes}
   */
  public static void main(String... arguments) {
    if (arguments.length > 0 && arguments[0].equals("training")) {
      TrainingTimes.run(List.of(arguments).subList(1, arguments.length));
      return;
    }
    try {
      run(new CommandLineOptions(arguments));
    } catch (CommandLineOptionException e) {
      fail(e.getMessage(), USAGE);
    } catch (RunnerException | IOException e) {
      fail(Objects.requireNonNullElse(e.getMessage(), e.toString()), FAILURE);
    }
  }

  private static void run(CommandLineOptions options) throws RunnerException, IOException {
    String names = String.join(", ", options.getIncludes());
    try {
      runThose(options);
    } catch (NoBenchmarksException e) { // which has no message
      fail("no benchmark has the name %s; -l lists them all".formatted(names), USAGE);
    } catch (PatternSyntaxException e) {
      fail("%s: is no regular expression: %s".formatted(e.getPattern(), e.getDescription()), USAGE);
    }
  }

  private static void runThose(CommandLineOptions options) throws RunnerException, IOException {
    if (options.shouldHelp()) {
      options.showHelp();
      return;
    }
    ChainedOptionsBuilder all =
        new OptionsBuilder()
            .parent(options)
            .addProfiler(TrafficProfiler.class)
            .jvmArgs(forkArguments().toArray(String[]::new));
    if (!options.getParameter("backend").hasValue()) {
      all.param("backend", available().toArray(String[]::new));
    }
    Runner runner = new Runner(all.build());
    if (options.shouldList()) {
      runner.list();
    } else if (options.shouldListWithParams()) {
      runner.listWithParams(options);
    } else {
      runner.run();
    }
  }

  /**
   * This process's arguments, for those that JMH starts. JMH starts its own main class from the
   * class path, which is empty here; as a root module it is found all the same.
   */
  private static List<String> forkArguments() {
    List<String> arguments =
        new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
    arguments.removeIf(argument -> argument.startsWith("-Djdk.module.main"));
    arguments.add("--add-modules=gpt2j.bench.jmh,jmh.core");
    return arguments;
  }

  private static List<String> available() {
    List<String> names = new ArrayList<>();
    for (BackendProvider provider :
        new TreeMap<>(DaggerBackendsComponent.create().backends()).values()) {
      switch (provider.availability()) {
        case Availability.Available _ -> names.add(provider.name());
        case Availability.Unavailable(String reason) ->
            System.err.printf("backend %s is left out: %s%n", provider.name(), reason);
      }
    }
    return names;
  }

  private static void fail(String message, int exitCode) {
    System.err.println("gpt2j: " + message);
    System.exit(exitCode);
  }
}
