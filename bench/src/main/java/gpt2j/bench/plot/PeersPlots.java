package gpt2j.bench.plot;

import gpt2j.bench.result.Peer;
import gpt2j.bench.result.PeerMeasurement;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.Phase;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.statistics.Statistics;
import gpt2j.bench.statistics.Words;
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
final class PeersPlots {
  private PeersPlots() {}

  static List<Plot> of(PeersResult result) {
    List<Plot> plots = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      Map<Integer, List<PeerMeasurement>> byBatch = new TreeMap<>();
      result.measurements().stream()
          .filter(m -> m.phase() == phase && !m.nanos().isEmpty())
          .forEach(m -> byBatch.computeIfAbsent(m.batch(), _ -> new ArrayList<>()).add(m));
      byBatch.forEach((batch, measured) -> plots.add(plot(result, phase, batch, measured)));
    }
    return plots;
  }

  private static Plot plot(
      PeersResult result, Phase phase, int batch, List<PeerMeasurement> measured) {
    Map<String, Map<String, List<Double>>> rates = new LinkedHashMap<>();
    for (PeerMeasurement m : measured) {
      String work =
          "%s, %s".formatted(Captions.lowerCase(m.precision()), Words.count(m.tokens(), "token"));
      double tokens = m.batch() * (phase == Phase.PREFILL ? (double) m.tokens() : 1);
      double nanos = Statistics.median(Statistics.values(m.nanos()));
      rates
          .computeIfAbsent(work, _ -> new LinkedHashMap<>())
          .computeIfAbsent(m.peer(), _ -> new ArrayList<>())
          .add(tokens * 1e9 / nanos);
    }
    WhiskerBars bars = new WhiskerBars();
    StringBuilder description =
        new StringBuilder(
            "%s of batch %d in tokens per second. ".formatted(Captions.lowerCase(phase), batch));
    for (Peer peer : result.peers()) {
      rates.forEach(
          (work, byPeer) -> {
            double[] samples = Statistics.values(byPeer.getOrDefault(peer.name(), List.of()));
            if (samples.length > 0) {
              bars.add(Statistics.range(samples), peer.name(), work);
              description.append(
                  "%s, %s: %s. "
                      .formatted(work, peer.name(), Captions.number(Statistics.median(samples))));
            }
          });
    }
    String absent =
        result.peers().stream()
            .filter(Peer::neverRan)
            .map(Peer::name)
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
        "peers-%s-batch%d".formatted(Captions.lowerCase(phase), batch),
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
