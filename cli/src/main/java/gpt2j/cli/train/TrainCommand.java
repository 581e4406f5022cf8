package gpt2j.cli.train;

import gpt2j.api.Backend;
import gpt2j.api.BackendProvider;
import gpt2j.cli.data.DataSets;
import gpt2j.cli.data.PerByte;
import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.ExitCode;
import gpt2j.cli.io.Interruption;
import gpt2j.cli.options.ContextCommand;
import gpt2j.cli.options.GroupedHelp;
import gpt2j.cli.options.OutputOptions;
import gpt2j.cli.options.SizeOptions;
import gpt2j.model.gpt2.data.DataSet;
import gpt2j.model.gpt2.training.run.Outcome;
import gpt2j.model.gpt2.training.run.RunDirectory;
import gpt2j.model.gpt2.training.run.RunException;
import gpt2j.model.gpt2.training.run.RunState;
import gpt2j.model.gpt2.training.run.TrainingRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Trains a model. */
@Command(
    name = TrainCommand.NAME,
    description = {
      "Trains a model: a new one, a checkpoint, or one that was in training before.",
      "Ctrl-C ends after the step under way; --resume goes on as if nothing had happened."
    },
    footerHeading = GroupedHelp.EXAMPLES,
    footer = {
      "  bin/cli train --data data --out run --n-layer 6 --n-head 6 --n-embd 384 --n-ctx 256",
      "  bin/cli train --data data --out run --model gpt2 --max-steps 500 --patience 3",
      "  bin/cli train --resume run",
      "  bin/cli --model run/best --prompt 'Once upon a time'"
    })
public final class TrainCommand extends ContextCommand {
  public static final String NAME = "train";

  /** A step may take minutes, and nothing of it is to be lost. */
  private static final Duration PATIENCE = Duration.ofHours(24);

  @Spec private CommandSpec spec;

  @Mixin(name = "Run")
  private TrainPlaceOptions place = new TrainPlaceOptions();

  @Mixin(name = "Start")
  private TrainStartOptions start = new TrainStartOptions(context);

  @Mixin(name = "Size")
  private SizeOptions size = new SizeOptions();

  @Mixin(name = "Batches")
  private TrainBatchOptions batches = new TrainBatchOptions();

  @Mixin(name = "Optimizer")
  private TrainOptimizerOptions optimizer = new TrainOptimizerOptions();

  @Mixin(name = "Course")
  private TrainCourseOptions course = new TrainCourseOptions();

  @Mixin(name = "Device")
  private TrainDeviceOptions device = new TrainDeviceOptions();

  @Mixin(name = "Output")
  private OutputOptions output = new OutputOptions();

  public TrainCommand(CommandContext context) {
    super(context);
  }

  @Override
  public Integer call() {
    try (RunDirectory directory = place.directory()) {
      settingsFiles(directory).forEach(file -> file.apply(spec));
      try (DataSet data = DataSets.open(context, place.data())) {
        return train(directory, data);
      }
    }
  }

  private List<SettingsFile> settingsFiles(RunDirectory directory) {
    if (place.resumes()) {
      TrainOptions.requireNoModel(spec);
      String text = new String(directory.settings(), StandardCharsets.UTF_8);
      return List.of(SettingsFile.parse(directory.path() + "/settings.json", text));
    }
    return place.config().stream()
        .map(SettingsFile::read)
        .map(file -> TrainOptions.withoutOtherModel(spec, file))
        .toList();
  }

  private int train(RunDirectory directory, DataSet data) {
    var options = new TrainOptions(place, start, size, batches, optimizer, course, device);
    TrainSettings settings = TrainSettings.resolve(directory, data, options);
    TrainSubject subject = new TrainSubject(settings.config(), place.data(), PerByte.of(data));
    BackendProvider provider = device.backend(context);
    try (Backend backend = provider.open(device.backendOptions(provider));
        TrainProgress progress =
            new TrainProgress(context, directory, settings, subject, course.plot());
        TrainingRun run =
            TrainingRun.open(
                backend,
                settings.start(),
                settings.data(),
                settings.hyperparameters(),
                device.recompute(),
                settings.routine(),
                directory,
                progress)) {
      directory.begin(settings.text(options, provider));
      RunState before = directory.state();
      progress.begin(before);
      Outcome outcome = run(run);
      if (place.resumes()
          && outcome.end() == Outcome.End.STEPS
          && outcome.state().step() == before.step()) {
        context.say(
            "nothing to do: step %d of --max-steps %d was done before; a larger one goes on"
                .formatted(before.step(), settings.routine().maxSteps()));
      }
      return report(directory.path(), subject, outcome, progress);
    }
  }

  private Outcome run(TrainingRun run) {
    Runnable stop =
        () -> {
          context.say("ending after the step under way");
          run.stop();
        };
    try (Interruption.Section _ = context.interruption().during(stop, PATIENCE)) {
      return run.run();
    } catch (RunException e) {
      if (context.interruption().requested()) {
        context.say(e.getMessage()); // other errors of interrupted commands don't matter
      }
      throw e;
    }
  }

  private int report(
      Path directory, TrainSubject subject, Outcome outcome, TrainProgress progress) {
    progress.close();
    if (outcome.end() == Outcome.End.INTERRUPTED) {
      context.say(
          "interrupted after step %d; to go on: bin/cli train --resume %s"
              .formatted(outcome.state().step(), directory));
      return ExitCode.INTERRUPTED; // without a picture: Java can't begin to draw while it ends
    }
    progress.draw();
    context
        .out()
        .println(
            output.json()
                ? TrainReport.json(outcome, subject)
                : TrainReport.text(outcome, subject));
    return ExitCode.OK;
  }
}
