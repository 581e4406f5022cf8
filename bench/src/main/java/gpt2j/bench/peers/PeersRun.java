package gpt2j.bench.peers;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.bench.measure.CaseRunner;
import gpt2j.bench.measure.ModelStore;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.measure.Subject;
import gpt2j.bench.measure.SubjectKey;
import gpt2j.bench.measure.Workbench;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.Peer;
import gpt2j.bench.result.PeerMeasurement;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.PeersSettings;
import gpt2j.bench.result.Phase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures gpt2j and other programs in turn. Those of one precision are all loaded and warm; in
 * each round every piece of work is done by one after the other, in every second round in the
 * opposite order.
 */
final class PeersRun {
  private static final String CPU = "cpu";
  private static final String GPU = "cuda";

  private final BenchContext context;
  private final List<PeerProgram> programs;
  private final Duration patience;
  private final RunLog log;
  private final Consumer<BenchmarkResult> save;
  private final PeerList peers;
  private final List<PeerMeasurement> measurements;
  private PeersSettings settings;
  private long doneCost;

  /**
   * Plans a run.
   *
   * @param programs those beside gpt2j
   * @param patience how long each may take for anything
   * @param before what an earlier run found: nothing of it is measured again
   * @param save called with what there is after each round of a piece of work, and at the end
   */
  PeersRun(
      BenchContext context,
      PeersSettings settings,
      List<PeerProgram> programs,
      Duration patience,
      RunLog log,
      List<Peer> before,
      List<PeerMeasurement> measuredBefore,
      Consumer<BenchmarkResult> save) {
    this.context = context;
    this.settings = settings;
    this.programs = programs;
    this.patience = patience;
    this.log = log;
    this.save = save;
    measurements = new ArrayList<>(measuredBefore);
    peers =
        new PeerList(
            Stream.concat(Stream.of(Peer.GPT2J), programs.stream().map(PeerProgram::name)).toList(),
            before);
  }

  /**
   * Measures what is missing.
   *
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  BenchmarkResult run() {
    boolean complete = false;
    BenchmarkResult last;
    try (Workbench workbench = new Workbench(context, log)) {
      for (WeightFormat precision : settings.precisions()) {
        measure(precision, workbench);
      }
      complete = true;
    } finally {
      last = result(complete);
      if (complete || !measurements.isEmpty()) {
        save.accept(last);
      }
    }
    return last;
  }

  private PeersResult result(boolean complete) {
    return new PeersResult(log.header(complete), settings.withName(), peers.all(), measurements);
  }

  private void measure(WeightFormat precision, Workbench workbench) {
    SubjectKey key =
        new SubjectKey(settings.model(), settings.backend(), precision, settings.threads());
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
            settings.backend().equals(GPU),
            settings.seed(),
            patience);
    Map<String, OpenPeer> open = new LinkedHashMap<>();
    try {
      open.put(Peer.GPT2J, new Gpt2jPeer(conditions, subject));
      for (PeerProgram program : programs) {
        if (isWanted(program.name(), precision)) {
          open(program, conditions, open);
        }
      }
      open.forEach((name, peer) -> peers.ran(name, peer.version()));
      rounds(precision, open);
    } finally {
      open.values().forEach(OpenPeer::close);
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
                m.peer().equals(name)
                    && m.precision() == precision
                    && m.round() == round
                    && work.isOf(m));
  }

  private void open(PeerProgram program, Conditions conditions, Map<String, OpenPeer> open) {
    context.check();
    report("starting " + program.name());
    try {
      open.put(program.name(), program.open(conditions));
    } catch (PeerException e) {
      lacks(program.name(), conditions.precision(), "", e);
    }
  }

  private void lacks(String name, WeightFormat precision, String work, PeerException reason) {
    String what = precision.name().toLowerCase(Locale.ROOT) + work;
    peers.lacks(name, what, reason.getMessage());
    context.listener().note("%s, %s: %s".formatted(name, what, reason.getMessage()));
  }

  private void rounds(WeightFormat precision, Map<String, OpenPeer> open) {
    Set<List<Object>> given = new HashSet<>(); // pairs of a program and what it can't do
    for (Work work : Work.of(settings)) {
      for (String name : List.copyOf(open.keySet())) {
        OpenPeer peer = open.get(name);
        if (!peer.warmsUp() && isWanted(name, precision)) {
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
        save.accept(result(false));
      }
    }
  }

  private void measure(
      WeightFormat precision,
      String name,
      Work work,
      int round,
      Map<String, OpenPeer> open,
      Set<List<Object>> given) {
    boolean boundByMemory = isBoundByMemory(name, work);
    OptionalDouble before = boundByMemory ? bandwidth() : OptionalDouble.empty();
    Supplier<OptionalDouble> others = context.machine().others();
    Sample sample = attempt(precision, name, work, work, open, given);
    OptionalDouble othersCores = others.get();
    if (sample != null) {
      OptionalDouble after = boundByMemory ? bandwidth() : OptionalDouble.empty();
      measurements.add(
          new PeerMeasurement(
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
    return name.equals(Peer.GPT2J)
        && settings.backend().equals(CPU)
        && work.phase() == Phase.DECODE
        && work.batch() == 1;
  }

  private OptionalDouble bandwidth() {
    report("reading memory");
    return context.machine().readBandwidth(settings.threads().orElse(1));
  }

  /** Has a program do something; null when it can't, which is remembered. */
  private @Nullable Sample attempt(
      WeightFormat precision,
      String name,
      Work work,
      Work now,
      Map<String, OpenPeer> open,
      Set<List<Object>> given) {
    context.check();
    OpenPeer peer = open.get(name);
    if (peer == null || given.contains(List.of(name, work))) {
      return null;
    }
    try {
      return peer.measure(now);
    } catch (PeerException e) {
      given.add(List.of(name, work));
      lacks(name, precision, e.isUsable() ? " " + work : "", e);
      if (!e.isUsable()) {
        open.remove(name);
        peer.close();
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
