package gpt2j.cli.train;

import gpt2j.cli.io.UserError;
import gpt2j.cli.options.SizeOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of training that a settings file may give as well. */
record TrainOptions(
    TrainPlaceOptions place,
    TrainStartOptions start,
    SizeOptions size,
    TrainBatchOptions batches,
    TrainOptimizerOptions optimizer,
    TrainCourseOptions course,
    TrainDeviceOptions device) {
  private static final String SIZE = "--size";

  /** Those of a size in numbers. */
  private static final List<String> NUMBERS =
      List.of("--n-layer", "--n-head", "--n-embd", "--n-ctx", "--vocab-size");

  private static final String UNTIED_HEAD = "--untied-head";

  /** Throws if the command line asks for a model, though there is one in training. */
  static void requireNoModel(CommandSpec spec) {
    Set<String> given = given(spec);
    List<String> all = new ArrayList<>(NUMBERS);
    all.addAll(List.of(TrainStartOptions.MODEL, SIZE, UNTIED_HEAD));
    all.retainAll(given);
    if (!all.isEmpty()) {
      throw UserError.usage(
          "%s and --resume exclude each other: a resumed run keeps its model"
              .formatted(all.getFirst()));
    }
  }

  /**
   * A settings file without what it says of the model, where the command line says something else:
   * the two of them together would be no model.
   */
  static SettingsFile withoutOtherModel(CommandSpec spec, SettingsFile file) {
    Set<String> given = given(spec);
    Set<String> others = new TreeSet<>();
    if (given.contains(TrainStartOptions.MODEL)) {
      others.addAll(NUMBERS);
      others.addAll(List.of(SIZE, UNTIED_HEAD));
    } else if (given.contains(SIZE)) {
      others.addAll(NUMBERS);
      others.add(TrainStartOptions.MODEL);
    } else if (NUMBERS.stream().anyMatch(given::contains)) {
      others.addAll(List.of(TrainStartOptions.MODEL, SIZE));
    }
    return file.without(others);
  }

  private static Set<String> given(CommandSpec spec) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      names.add(option.longestName());
    }
    return names;
  }
}
