package gpt2j.bench.plot;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.ExperimentResult;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProfileResult;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.RooflineResult;
import gpt2j.bench.result.SampleResults;
import gpt2j.bench.result.ThroughputResult;
import gpt2j.bench.result.TraceResult;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.CombinedDomainXYPlot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.data.category.CategoryDataset;
import org.jfree.data.xy.IntervalXYDataset;
import org.jfree.data.xy.XYDataset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is drawn are the figures of the result. */
class PlotsTest {
  private static final List<BenchmarkResult> RESULTS = PlausibleResults.all();

  static Stream<BenchmarkResult> results() {
    return Stream.concat(RESULTS.stream(), SampleResults.all().stream());
  }

  private static <T extends BenchmarkResult> T result(Class<T> type) {
    return RESULTS.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("results")
  void everyPlotCanBeDrawnAndIsDescribed(BenchmarkResult result) throws IOException {
    List<Plot> plots = Plots.of(result);
    assertTrue(!plots.isEmpty());
    assertEquals(plots.size(), plots.stream().map(Plot::name).distinct().count());
    for (Plot plot : plots) {
      assertTrue(plot.name().matches("[a-z0-9-]+"), plot.name());
      assertTrue(plot.description().length() > 20, plot.description());
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(plot.png()));
      assertEquals(2 * plot.width(), image.getWidth());
      assertEquals(2 * plot.height(), image.getHeight());
      assertTrue(colors(image) > 3, "nothing drawn");
    }
  }

  private static long colors(BufferedImage image) {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    return java.util.Arrays.stream(pixels).distinct().count();
  }

  @ParameterizedTest
  @MethodSource("results")
  void aRunThatMeasuredNothingYetHasNoPlots(BenchmarkResult result) {
    assertEquals(List.of(), Plots.of(withoutMeasurements(result)));
  }

  private static BenchmarkResult withoutMeasurements(BenchmarkResult result) {
    return switch (result) {
      case ThroughputResult r -> new ThroughputResult(r.header(), r.settings(), List.of());
      case TraceResult r -> new TraceResult(r.header(), r.settings(), List.of());
      case ExperimentResult r -> new ExperimentResult(r.header(), r.settings(), List.of());
      case ProfileResult r -> new ProfileResult(r.header(), r.settings(), List.of());
      case CompareResult r ->
          new CompareResult(r.header(), r.settings(), List.of(), List.of(), List.of());
      case RooflineResult r -> new RooflineResult(r.header(), r.settings(), List.of());
      case PeersResult r -> new PeersResult(r.header(), r.settings(), r.peers(), List.of());
    };
  }

  @Test
  void throughputShowsMedianAndExtremesOfEachCase() {
    ThroughputResult result = result(ThroughputResult.class);
    var combined = (CombinedDomainXYPlot) Plots.of(result).getFirst().chart().getPlot();
    XYPlot decode = combined.getSubplots().get(1);
    var data = (IntervalXYDataset) decode.getDataset();
    int checked = 0;
    for (var m : result.measurements()) {
      String name =
          Captions.precision(m.benchmarkCase()) + ", " + Captions.cache(m.benchmarkCase());
      int series = data.indexOf(name);
      double[] rates = new Figures(m).decodeRates();
      for (int i = 0; i < data.getItemCount(series); i++) {
        if (data.getXValue(series, i) == m.benchmarkCase().batch()) {
          assertEquals(Statistics.median(rates), data.getYValue(series, i));
          assertEquals(Statistics.percentile(rates, 0), data.getStartYValue(series, i));
          assertEquals(Statistics.percentile(rates, 100), data.getEndYValue(series, i));
          checked++;
        }
      }
    }
    assertEquals(result.measurements().size(), checked);
  }

  @Test
  void theTraceHasOnePointForEveryTokenAfterTheFirst() {
    TraceResult result = result(TraceResult.class);
    XYDataset data = ((XYPlot) Plots.of(result).getFirst().chart().getPlot()).getDataset();
    for (int series = 0; series < 2; series++) {
      var m = result.measurements().get(series);
      assertEquals(m.benchmarkCase().newTokens() - 1, data.getItemCount(series));
      assertEquals(2, data.getXValue(series, 0));
      double[] third =
          m.samples().stream().mapToDouble(sample -> sample.stepNanos().get(1) / 1e6).toArray();
      assertEquals(Statistics.median(third), data.getYValue(series, 1));
    }
  }

  @Test
  void theSpeedupIsTheTablesSpeedup() {
    ExperimentResult result = result(ExperimentResult.class);
    XYDataset data = ((XYPlot) Plots.of(result).getFirst().chart().getPlot()).getDataset();
    assertEquals(3, data.getSeriesCount());
    var cached = new Figures(result.measurements().get(6));
    var uncached = new Figures(result.measurements().get(7));
    assertEquals(uncached.speedup(cached).estimate(), data.getYValue(0, 3));
    assertEquals(512, data.getXValue(0, 3));
  }

  @Test
  void theSharesOfTheComponentsAddUpToTheWhole() {
    ProfileResult result = result(ProfileResult.class);
    var plot = (CategoryPlot) Plots.of(result).getFirst().chart().getPlot();
    CategoryDataset data = plot.getDataset();
    assertEquals(4, data.getColumnCount());
    for (int bar = 0; bar < 4; bar++) {
      double sum = 0;
      for (int component = 0; component < data.getRowCount(); component++) {
        sum += data.getValue(component, bar).doubleValue();
      }
      assertEquals(100, sum, 1e-9);
    }
    ProfileMeasurement first = result.measurements().getFirst();
    var step = first.steps().getFirst();
    double mlp = data.getValue("MLP", data.getColumnKey(0)).doubleValue();
    long nanos = step.sectionNanos().get("mlp_fc") + step.sectionNanos().get("mlp_proj");
    assertEquals(100.0 * nanos / step.totalNanos(), mlp, 3); // of the first of three
  }

  @Test
  void pointsLieUnderTheRoofWhereTheTimeSays() {
    RooflineResult result = result(RooflineResult.class);
    RooflineMeasurement m = result.measurements().getFirst();
    List<Plot> plots = Plots.of(result);
    XYDataset points = ((XYPlot) plots.getFirst().chart().getPlot()).getDataset(1);
    for (int series = 0; series < points.getSeriesCount(); series++) {
      for (int i = 0; i < points.getItemCount(series); i++) {
        double intensity = points.getXValue(series, i);
        double roof =
            Math.min(m.peakOperationsPerSecond(), m.peakBytesPerSecond() * intensity) / 1e9;
        assertTrue(points.getYValue(series, i) < roof);
      }
    }
    var shares = ((CategoryPlot) plots.get(1).chart().getPlot()).getDataset();
    var head = m.points().stream().filter(p -> p.name().equals("head")).findFirst().orElseThrow();
    double seconds = Statistics.median(Statistics.values(head.nanos())) / 1e9;
    assertEquals(
        100 * head.bytes() / m.peakBytesPerSecond() / seconds,
        shares.getValue("prefill", "head, prefill of 1 row at 512").doubleValue(),
        1e-9);
  }

  @Test
  void comparisonsShowRatiosAndTheirIntervalsFromTopToBottom() {
    CompareResult result = result(CompareResult.class);
    var plot = (XYPlot) Plots.of(result).getFirst().chart().getPlot();
    var data = (IntervalXYDataset) plot.getDataset();
    var ratio = result.comparisons().getFirst().ratios().getFirst();
    int top = data.getItemCount(0) - 1;
    assertAll(
        () -> assertEquals(6, data.getItemCount(0)),
        () -> assertEquals(ratio.ratio(), data.getXValue(0, top)),
        () -> assertEquals(ratio.low(), data.getStartXValue(0, top)),
        () -> assertEquals(ratio.high(), data.getEndXValue(0, top)),
        () -> assertEquals(top, data.getYValue(0, top)));
  }

  @Test
  void peersAreShownByBatch() {
    PeersResult result = result(PeersResult.class);
    List<Plot> plots = Plots.of(result);
    assertArrayEquals(
        new String[] {"peers-prefill-batch1", "peers-decode-batch1", "peers-decode-batch16"},
        plots.stream().map(Plot::name).toArray());
    var data = ((CategoryPlot) plots.get(2).chart().getPlot()).getDataset();
    double[] rates =
        result.measurements().stream()
            .filter(m -> m.peer().equals("transformers") && m.batch() == 16)
            .filter(m -> m.precision() == gpt2j.api.Precision.F32)
            .mapToDouble(m -> 16 * 1e9 / m.nanos().getFirst())
            .toArray();
    assertEquals(
        Statistics.median(rates),
        data.getValue("transformers", "f32, 128 tokens").doubleValue(),
        1e-9);
  }

  @Test
  void textCanBeDrawnHere() {
    assertEquals(null, TextDrawing.problem());
  }
}
