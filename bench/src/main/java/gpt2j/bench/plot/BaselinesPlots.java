package gpt2j.bench.plot;

import gpt2j.api.Words;
import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.statistics.Statistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Rates of programs side by side: a picture for each batch of prefill and of decoding, since their
 * rates are of different magnitude.
 */
final class BaselinesPlots {
  private BaselinesPlots() {}

  static List<Plot> of(BaselinesResult result) {
    List<Plot> plots = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      Map<Integer, List<ProgramMeasurement>> byBatch = new TreeMap<>();
      result.measurements().stream()
          .filter(m -> m.phase() == phase && !m.nanos().isEmpty())
          .forEach(m -> byBatch.computeIfAbsent(m.batch(), _ -> new ArrayList<>()).add(m));
      byBatch.forEach((batch, measured) -> plots.add(plot(result, phase, batch, measured)));
    }
    return plots;
  }

  private static Plot plot(
      BaselinesResult result, Phase phase, int batch, List<ProgramMeasurement> measured) {
    Map<String, Map<String, List<Double>>> rates = new LinkedHashMap<>();
    for (ProgramMeasurement m : measured) {
      String work =
          "%s, %s".formatted(Captions.lowerCase(m.precision()), Words.count(m.tokens(), "token"));
      double tokens = m.batch() * (phase == Phase.PREFILL ? (double) m.tokens() : 1);
      double nanos = Statistics.median(Statistics.values(m.nanos()));
      rates
          .computeIfAbsent(work, _ -> new LinkedHashMap<>())
          .computeIfAbsent(m.program(), _ -> new ArrayList<>())
          .add(tokens * 1e9 / nanos);
    }
    WhiskerBars bars = new WhiskerBars();
    StringBuilder description =
        new StringBuilder(
            "%s of batch %d in tokens per second. ".formatted(Captions.lowerCase(phase), batch));
    for (ProgramSummary program : result.programs()) {
      rates.forEach(
          (work, byProgram) -> {
            double[] samples = Statistics.values(byProgram.getOrDefault(program.name(), List.of()));
            if (samples.length > 0) {
              bars.add(Statistics.range(samples), program.name(), work);
              description.append(
                  "%s, %s: %s. "
                      .formatted(
                          work, program.name(), Captions.number(Statistics.median(samples))));
            }
          });
    }
    String absent =
        result.programs().stream()
            .filter(ProgramSummary::neverRan)
            .map(ProgramSummary::name)
            .collect(Collectors.joining(", "));
    String subtitle =
        "%s, %s each\n%s\nmedian of the rounds; whiskers: smallest and largest%s"
            .formatted(
                Captions.data(result.header(), List.of(Model.name(result.settings().model()))),
                result.settings().threads().isPresent()
                    ? Words.count(result.settings().threads().getAsInt(), "thread")
                    : "default threads",
                Captions.machine(result.header()),
                absent.isEmpty() ? "" : "; absent: " + absent);
    return new Plot(
        "baselines-%s-batch%d".formatted(Captions.lowerCase(phase), batch),
        description.toString(),
        Style.chart(
            (phase == Phase.PREFILL ? "Prefill: reading the prompt" : "Decode: writing tokens")
                + (batch == 1 ? "" : ", batch " + batch),
            subtitle,
            Bars.ofPrograms(bars, "tokens/s"),
            true),
        Math.max(720, 200 + 60 * bars.data().getColumnCount() * bars.data().getRowCount()),
        460);
  }
}
