package gpt2j.bench.table;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.statistics.Interval;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One row per program, precision and work: rates of the rounds, and how many times as fast gpt2j
 * is, by the ratio within each round. Absent programs have a row that says why.
 */
final class BaselinesTable {
  private static final String US = ProgramSummary.GPT2J;
  private static final double PERCENT = 100;

  private record Work(WeightFormat precision, Phase phase, int batch, int tokens) {}

  private BaselinesTable() {}

  static Table of(BaselinesResult result) {
    Table table =
        new Table(
            "program",
            "version",
            "precision",
            "test",
            "tokens/s",
            "ms/step",
            "% of the floor",
            "rounds",
            "gpt2j is faster ×",
            "peak RSS MiB",
            "others' cores",
            "equal tokens",
            "note");
    for (Work work : works(result)) {
      for (ProgramSummary program : result.programs()) {
        List<ProgramMeasurement> rounds = rounds(result, program.name(), work);
        if (!rounds.isEmpty()) {
          add(table, result, program, work, rounds);
        }
      }
    }
    for (ProgramSummary program : result.programs()) {
      for (String line : program.missing()) {
        Cell[] cells = new Cell[table.columns().size()];
        Arrays.fill(cells, new Cell.Empty());
        cells[0] = Cell.of(program.name());
        cells[cells.length - 1] =
            Cell.of((program.neverRan() ? "absent: " : "not measured: ") + line);
        table.add(cells);
      }
    }
    return table;
  }

  private static Set<Work> works(BaselinesResult result) {
    Set<Work> works = new LinkedHashSet<>();
    for (ProgramMeasurement m : result.measurements()) {
      works.add(new Work(m.precision(), m.phase(), m.batch(), m.tokens()));
    }
    return works;
  }

  private static List<ProgramMeasurement> rounds(
      BaselinesResult result, String program, Work work) {
    return result.measurements().stream()
        .filter(m -> m.program().equals(program))
        .filter(m -> work.equals(new Work(m.precision(), m.phase(), m.batch(), m.tokens())))
        .toList();
  }

  private static void add(
      Table table,
      BaselinesResult result,
      ProgramSummary program,
      Work work,
      List<ProgramMeasurement> rounds) {
    double[] rates = rounds.stream().mapToDouble(m -> rate(work, m)).toArray();
    table.add(
        Cell.of(program.name()),
        Cell.of(program.version() == null ? "" : program.version()),
        Units.precision(work.precision()),
        Cell.of(test(work)),
        Units.interval(Statistics.range(rates)),
        work.phase() == Phase.DECODE
            ? Units.millis(
                Statistics.median(rounds.stream().mapToDouble(BaselinesTable::median).toArray()))
            : new Cell.Empty(),
        floorShare(result, rounds),
        Cell.of((long) rates.length),
        program.name().equals(US) ? new Cell.Empty() : ratio(rounds, rounds(result, US, work)),
        peak(rounds),
        Units.cores(rounds.stream().flatMapToDouble(m -> m.othersCores().stream()).max()),
        program.name().equals(US)
            ? new Cell.Empty()
            : equalTokens(rounds, rounds(result, US, work)),
        new Cell.Empty());
  }

  private static Cell peak(List<ProgramMeasurement> rounds) {
    OptionalLong peak = rounds.stream().flatMapToLong(m -> m.peakResidentBytes().stream()).max();
    return peak.isPresent() ? Units.mebibytes(peak.getAsLong()) : new Cell.Empty();
  }

  private static String test(Work work) {
    String batch = work.batch() == 1 ? "" : " b" + work.batch();
    return (work.phase() == Phase.PREFILL ? "pp" : "tg") + work.tokens() + batch;
  }

  private static double median(ProgramMeasurement m) {
    return Statistics.median(Statistics.values(m.nanos()));
  }

  /** Tokens per second: of a whole prompt, or of one step. */
  private static double rate(Work work, ProgramMeasurement m) {
    double tokens = work.batch() * (work.phase() == Phase.PREFILL ? (double) work.tokens() : 1);
    return tokens * Units.SECOND / median(m);
  }

  /** Of the rounds that both took part in. */
  private static Cell ratio(List<ProgramMeasurement> theirs, List<ProgramMeasurement> ours) {
    List<Double> a = new ArrayList<>();
    List<Double> b = new ArrayList<>();
    for (ProgramMeasurement their : theirs) {
      ours.stream()
          .filter(our -> our.round() == their.round())
          .findFirst()
          .ifPresent(
              our -> {
                a.add(median(their));
                b.add(median(our));
              });
    }
    Interval ratio = Statistics.bootstrapPairedRatio(Statistics.values(a), Statistics.values(b));
    return Units.interval(ratio);
  }

  /** The time to read the weights once, as a share of the step's time. */
  private static Cell floorShare(BaselinesResult result, List<ProgramMeasurement> rounds) {
    double[] shares =
        rounds.stream()
            .filter(m -> m.bytesPerSecond().isPresent())
            .mapToDouble(
                m ->
                    PERCENT
                        * weightBytes(result, m)
                        / m.bytesPerSecond().getAsDouble()
                        * Units.SECOND
                        / median(m))
            .toArray();
    return Units.interval(Statistics.range(shares));
  }

  /** All weights but those of positions, of which a step reads one row. */
  private static double weightBytes(BaselinesResult result, ProgramMeasurement m) {
    Model model = result.header().models().getFirst();
    long positions = (long) model.contextLength() * model.embeddingWidth();
    return (model.parameters() - positions) * m.precision().bitsPerWeight() / Byte.SIZE;
  }

  private static Cell equalTokens(List<ProgramMeasurement> theirs, List<ProgramMeasurement> ours) {
    if (ours.isEmpty()
        || theirs.getFirst().drawn().isEmpty()
        || ours.getFirst().drawn().isEmpty()) {
      return new Cell.Empty();
    }
    List<Integer> a = theirs.getFirst().drawn();
    List<Integer> b = ours.getFirst().drawn();
    int equal = 0;
    while (equal < Math.min(a.size(), b.size()) && a.get(equal).equals(b.get(equal))) {
      equal++;
    }
    return Cell.of(equal + " of " + Math.min(a.size(), b.size()));
  }
}
