package gpt2j.bench.baselines;

import gpt2j.api.DeviceKind;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.ProgramOptions;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.ModelStore;
import gpt2j.bench.measure.OpenSubjects;
import gpt2j.bench.measure.RunContext;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BaselinesSettings;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures gpt2j and other programs in turn. Those of one precision are all loaded and warm; in
 * each round every piece of work is done by one after the other, in every second round in the
 * opposite order.
 */
public final class BaselinesRun {
  private final RunContext run;
  private final BenchContext context;
  private final List<BaselineProgram> programs;
  private final Duration patience;
  private final ProgramList summaries;
  private final List<ProgramMeasurement> measurements;
  private BaselinesSettings settings;
  private long doneCost;

  /**
   * Plans a run.
   *
   * @param programs those beside gpt2j
   * @param patience how long each may take for anything
   * @param before what an earlier run found: nothing of it is measured again
   */
  BaselinesRun(
      RunContext run,
      BaselinesSettings settings,
      List<BaselineProgram> programs,
      Duration patience,
      List<ProgramSummary> before,
      List<ProgramMeasurement> measuredBefore) {
    this.run = run;
    context = run.bench();
    this.settings = settings;
    this.programs = programs;
    this.patience = patience;
    measurements = new ArrayList<>(measuredBefore);
    summaries =
        new ProgramList(
            Stream.concat(
                    Stream.of(ProgramSummary.GPT2J), programs.stream().map(BaselineProgram::name))
                .toList(),
            before);
  }

  /**
   * Measures what is missing, beside the programs that are installed here.
   *
   * @param before what an earlier run found
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  public static BenchmarkResult run(
      RunContext run,
      BaselinesSettings settings,
      ProgramOptions options,
      Optional<BaselinesResult> before) {
    try (InstalledPrograms programs = new InstalledPrograms(options)) {
      return new BaselinesRun(
              run,
              settings,
              programs.of(settings.programs()),
              options.patience(),
              before.map(BaselinesResult::programs).orElse(List.of()),
              before.map(BaselinesResult::measurements).orElse(List.of()))
          .run();
    }
  }

  BenchmarkResult run() {
    boolean complete = false;
    BenchmarkResult last;
    try (OpenSubjects workbench = new OpenSubjects(context, run.log())) {
      for (WeightFormat precision : settings.precisions()) {
        measure(precision, workbench);
      }
      complete = true;
    } finally {
      last = result(complete);
      if (complete || !measurements.isEmpty()) {
        run.save().accept(last);
      }
    }
    return last;
  }

  private BaselinesResult result(boolean complete) {
    return new BaselinesResult(
        run.log().header(complete), settings.withName(), summaries.all(), measurements);
  }

  private void measure(WeightFormat precision, OpenSubjects workbench) {
    Subject.Key key =
        new Subject.Key(settings.model(), settings.backend(), precision, settings.threads());
    workbench.keepOnly(Set.of(key));
    Subject subject = workbench.open(key);
    for (Work work : Work.of(settings)) { // before programs are started, which takes long
      CaseRunner.requireFit(subject, work.promptTokens(), work.newTokens());
    }
    settings = settings.withThreads(subject.threads());
    Path model = new ModelStore(context).directory(settings.model()).toAbsolutePath();
    Conditions conditions =
        new Conditions(
            context,
            model,
            subject.gpt2().config(),
            precision,
            subject.threads(),
            subject.kind() == DeviceKind.GPU,
            settings.seed(),
            patience);
    Map<String, RunningProgram> open = new LinkedHashMap<>();
    try {
      open.put(ProgramSummary.GPT2J, new Gpt2jProgram(conditions, subject));
      for (BaselineProgram program : programs) {
        if (isWanted(program.name(), precision)) {
          open(program, conditions, open);
        }
      }
      open.forEach((name, running) -> summaries.ran(name, running.version()));
      rounds(precision, open);
    } finally {
      open.values().forEach(RunningProgram::close);
    }
  }

  private boolean isWanted(String name, WeightFormat precision) {
    for (int round = 0; round < settings.rounds(); round++) {
      for (Work work : Work.of(settings)) {
        if (!isMeasured(name, precision, work, round)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isMeasured(String name, WeightFormat precision, Work work, int round) {
    return measurements.stream()
        .anyMatch(
            m ->
                m.program().equals(name)
                    && m.precision() == precision
                    && m.round() == round
                    && work.isOf(m));
  }

  private void open(
      BaselineProgram program, Conditions conditions, Map<String, RunningProgram> open) {
    context.check();
    report("starting " + program.name());
    try {
      if (conditions.precision().plain().isEmpty() && !program.quantizes()) {
        throw ProgramException.unsupported("it isn't told so far how to quantise weights");
      }
      open.put(program.name(), program.open(conditions));
    } catch (ProgramException e) {
      lacks(program.name(), conditions.precision(), "", e);
    }
  }

  private void lacks(String name, WeightFormat precision, String work, ProgramException reason) {
    String what = precision.name().toLowerCase(Locale.ROOT) + work;
    summaries.lacks(name, what, reason.getMessage());
    context.listener().note("%s, %s: %s".formatted(name, what, reason.getMessage()));
  }

  private void rounds(WeightFormat precision, Map<String, RunningProgram> open) {
    Set<List<Object>> given = new HashSet<>(); // pairs of a program and what it can't do
    for (Work work : Work.of(settings)) {
      for (String name : List.copyOf(open.keySet())) {
        RunningProgram running = open.get(name);
        if (!running.warmsUp() && isWanted(name, precision)) {
          report("warming up " + name);
          attempt(precision, name, work, work.warmUp(), open, given);
        }
      }
    }
    for (int round = 0; round < settings.rounds(); round++) {
      for (Work work : Work.of(settings)) {
        List<String> names = new ArrayList<>(open.keySet());
        for (String name : round % 2 == 0 ? names : names.reversed()) {
          report(name + " " + work);
          if (open.containsKey(name)
              && !given.contains(List.of(name, work))
              && !isMeasured(name, precision, work, round)) {
            measure(precision, name, work, round, open, given);
          }
          doneCost += work.cost();
        }
        run.save().accept(result(false));
      }
    }
  }

  private void measure(
      WeightFormat precision,
      String name,
      Work work,
      int round,
      Map<String, RunningProgram> open,
      Set<List<Object>> given) {
    boolean boundByMemory = isBoundByMemory(name, work);
    OptionalDouble before = boundByMemory ? bandwidth() : OptionalDouble.empty();
    Supplier<OptionalDouble> others = context.machine().others();
    RunningProgram.Taken sample = attempt(precision, name, work, work, open, given);
    OptionalDouble othersCores = others.get();
    if (sample != null) {
      OptionalDouble after = boundByMemory ? bandwidth() : OptionalDouble.empty();
      measurements.add(
          new ProgramMeasurement(
              name,
              precision,
              work.phase(),
              work.batch(),
              work.tokens(),
              round,
              sample.nanos(),
              sample.peakResidentBytes(),
              othersCores,
              before.isPresent() && after.isPresent()
                  ? OptionalDouble.of((before.getAsDouble() + after.getAsDouble()) / 2)
                  : OptionalDouble.empty(),
              sample.drawn()));
    }
  }

  /** Whether gpt2j's time has a floor: that of reading the weights once a step. */
  private boolean isBoundByMemory(String name, Work work) {
    return name.equals(ProgramSummary.GPT2J)
        && context.kind(settings.backend()) == DeviceKind.PROCESSOR
        && work.phase() == Phase.DECODE
        && work.batch() == 1;
  }

  private OptionalDouble bandwidth() {
    report("reading memory");
    return context.machine().readBandwidth(settings.threads().orElse(1));
  }

  /** Has a program do something; null when it can't, which is remembered. */
  private RunningProgram.@Nullable Taken attempt(
      WeightFormat precision,
      String name,
      Work work,
      Work now,
      Map<String, RunningProgram> open,
      Set<List<Object>> given) {
    context.check();
    RunningProgram running = open.get(name);
    if (running == null || given.contains(List.of(name, work))) {
      return null;
    }
    try {
      return running.measure(now);
    } catch (ProgramException e) {
      given.add(List.of(name, work));
      lacks(name, precision, e.isUsable() ? " " + work : "", e);
      if (!e.isUsable()) {
        open.remove(name);
        running.close();
      }
      return null;
    }
  }

  private void report(String task) {
    context.check();
    long round = Work.of(settings).stream().mapToLong(Work::cost).sum();
    long total = round * settings.rounds() * settings.precisions().size() * (programs.size() + 1);
    context.listener().progressed(task, Math.min(doneCost, total), total);
  }
}
