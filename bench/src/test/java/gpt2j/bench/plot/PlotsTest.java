package gpt2j.bench.plot;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.result.BaselinesResult;
import gpt2j.bench.result.BenchmarkCommand;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.CompareResult;
import gpt2j.bench.result.GridResult;
import gpt2j.bench.result.Measurement;
import gpt2j.bench.result.ProfileMeasurement;
import gpt2j.bench.result.ProgramMeasurement;
import gpt2j.bench.result.ProgramSummary;
import gpt2j.bench.result.RooflineMeasurement;
import gpt2j.bench.result.SampleResults;
import gpt2j.bench.result.setup.Program;
import gpt2j.bench.statistics.Figures;
import gpt2j.bench.statistics.Statistics;
import gpt2j.bench.table.Tables;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Paint;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.CombinedDomainXYPlot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.chart.ui.RectangleEdge;
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

  private static GridResult grid(BenchmarkCommand command) {
    return (GridResult)
        RESULTS.stream().filter(r -> r.command() == command).findFirst().orElseThrow();
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
      case GridResult r -> new GridResult(r.command(), r.header(), r.settings(), List.of());
      case CompareResult r ->
          new CompareResult(r.header(), r.settings(), List.of(), List.of(), List.of());
      case BaselinesResult r ->
          new BaselinesResult(r.header(), r.settings(), r.programs(), List.of());
    };
  }

  @Test
  void throughputShowsMedianAndExtremesOfEachCase() {
    GridResult result = grid(BenchmarkCommand.THROUGHPUT);
    var combined = (CombinedDomainXYPlot) Plots.of(result).getFirst().chart().getPlot();
    XYPlot decode = combined.getSubplots().get(1);
    var data = (IntervalXYDataset) decode.getDataset();
    int checked = 0;
    for (var m : result.measurements(Measurement.class)) {
      String name =
          CasePart.PRECISION.of(m.benchmarkCase()) + ", " + CasePart.CACHE.of(m.benchmarkCase());
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
    assertEquals(result.measurements(Measurement.class).size(), checked);
  }

  @Test
  void theTraceHasOnePointForEveryTokenAfterTheFirst() {
    GridResult result = grid(BenchmarkCommand.TRACE);
    XYDataset data = ((XYPlot) Plots.of(result).getFirst().chart().getPlot()).getDataset();
    for (int series = 0; series < 2; series++) {
      var m = result.measurements(Measurement.class).get(series);
      assertEquals(m.benchmarkCase().newTokens() - 1, data.getItemCount(series));
      assertEquals(2, data.getXValue(series, 0));
      double[] third =
          m.samples().stream().mapToDouble(sample -> sample.stepNanos().get(1) / 1e6).toArray();
      assertEquals(Statistics.median(third), data.getYValue(series, 1));
    }
  }

  @Test
  void theSpeedupIsTheTablesSpeedup() {
    GridResult result = grid(BenchmarkCommand.EXPERIMENT);
    XYDataset data = ((XYPlot) Plots.of(result).getFirst().chart().getPlot()).getDataset();
    assertEquals(3, data.getSeriesCount());
    var cached = new Figures(result.measurements(Measurement.class).get(6));
    var uncached = new Figures(result.measurements(Measurement.class).get(7));
    assertEquals(uncached.speedup(cached).estimate(), data.getYValue(0, 3));
    assertEquals(512, data.getXValue(0, 3));
  }

  @Test
  void theSharesOfTheComponentsAddUpToTheWhole() {
    GridResult result = grid(BenchmarkCommand.PROFILE);
    var plot = (CategoryPlot) Plots.of(result).getFirst().chart().getPlot();
    CategoryDataset data = plot.getDataset();
    assertEquals(4, data.getColumnCount());
    for (int bar = 0; bar < 4; bar++) {
      double sum = 0;
      for (int component = 0; component < data.getRowCount(); component++) {
        Number share = data.getValue(component, bar); // null where there is no such part
        sum += share == null ? 0 : share.doubleValue();
      }
      assertEquals(100, sum, 1e-9);
    }
    ProfileMeasurement first = result.measurements(ProfileMeasurement.class).getFirst();
    var step = first.steps().getFirst();
    double mlp = data.getValue("mlp_proj", data.getColumnKey(0)).doubleValue();
    long nanos = step.sectionNanos().get("mlp_proj");
    assertEquals(100.0 * nanos / step.totalNanos(), mlp, 3); // of the first of three
  }

  @Test
  void pointsLieUnderTheRoofWhereTheTimeSays() {
    GridResult result = grid(BenchmarkCommand.ROOFLINE);
    RooflineMeasurement m = result.measurements(RooflineMeasurement.class).getFirst();
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
        shares.getValue("prefill: 512 rows", "head").doubleValue(),
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
    BaselinesResult result = result(BaselinesResult.class);
    List<Plot> plots = Plots.of(result);
    assertArrayEquals(
        new String[] {
          "baselines-prefill-batch1", "baselines-decode-batch1", "baselines-decode-batch16"
        },
        plots.stream().map(Plot::name).toArray());
    var data = ((CategoryPlot) plots.get(2).chart().getPlot()).getDataset();
    double[] rates =
        result.measurements().stream()
            .filter(m -> m.program().equals("transformers") && m.batch() == 16)
            .filter(m -> m.precision() == gpt2j.api.tensor.WeightFormat.F32)
            .mapToDouble(m -> 16 * 1e9 / m.nanos().getFirst())
            .toArray();
    assertEquals(
        Statistics.median(rates),
        data.getValue("transformers", "f32, 128 tokens").doubleValue(),
        1e-9);
  }

  /** Where few values were measured, these and no others have ticks. */
  @ParameterizedTest
  @MethodSource("results")
  void ticksAreAtWhatWasMeasured(BenchmarkResult result) throws IOException {
    if (result.command() == BenchmarkCommand.THROUGHPUT
        || result.command() == BenchmarkCommand.EXPERIMENT) {
      for (Plot plot : Plots.of(result)) {
        XYPlot xy = (XYPlot) plot.chart().getPlot();
        XYPlot first = xy instanceof CombinedDomainXYPlot c ? c.getSubplots().getFirst() : xy;
        XYDataset data = first.getDataset();
        Set<Double> measured = new TreeSet<>();
        for (int series = 0; series < data.getSeriesCount(); series++) {
          for (int i = 0; i < data.getItemCount(series); i++) {
            measured.add(data.getXValue(series, i));
          }
        }
        assertEquals(
            List.copyOf(measured),
            ticks((RatioAxis) xy.getDomainAxis(), RectangleEdge.BOTTOM).stream()
                .map(NumberTick::getValue)
                .toList());
      }
    }
  }

  private static List<NumberTick> ticks(RatioAxis axis, RectangleEdge edge) {
    Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    Rectangle2D area = new Rectangle2D.Double(60, 60, 700, 400);
    return axis.refreshTicks(graphics, new AxisState(), area, edge);
  }

  @Test
  void roundTicksLieOnTheAxisAndAreEnoughToReadItBy() {
    Random random = new Random(3);
    for (int trial = 0; trial < 500; trial++) {
      RatioAxis axis = RatioAxis.ofRoundNumbers("any");
      double least = Math.pow(10, 6 * random.nextDouble() - 3);
      double most = least * (1.5 + Math.pow(10, 4 * random.nextDouble()));
      axis.setRange(least, most);
      for (RectangleEdge edge : List.of(RectangleEdge.LEFT, RectangleEdge.BOTTOM)) {
        List<NumberTick> ticks = ticks(axis, edge);
        assertTrue(ticks.size() >= 2, least + " to " + most + ": " + ticks);
        ticks.forEach(tick -> assertTrue(least <= tick.getValue() && tick.getValue() <= most));
        ticks.forEach(tick -> assertFalse(tick.getText().isEmpty()));
      }
    }
  }

  @Test
  void aProgramHasOneColourInAllPictures() {
    BaselinesResult all = result(BaselinesResult.class);
    Map<String, Set<Paint>> colors = new TreeMap<>();
    List<String> names =
        Stream.concat(
                Stream.of(ProgramSummary.GPT2J),
                Arrays.stream(Program.values()).map(Program::label))
            .toList();
    for (int i = 1; i < names.size(); i++) {
      List<String> pair = List.of(names.get(i), names.get(i - 1)); // each beside different ones
      List<ProgramMeasurement> measured = new ArrayList<>();
      for (String name : pair) {
        all.measurements().stream()
            .filter(m -> m.program().equals(ProgramSummary.GPT2J))
            .map(m -> PlausibleResults.of(m, name))
            .forEach(measured::add);
      }
      BaselinesResult two =
          new BaselinesResult(
              all.header(),
              all.settings(),
              pair.stream().map(name -> new ProgramSummary(name, "1", List.of())).toList(),
              measured);
      for (Plot plot : Plots.of(two)) {
        var category = (CategoryPlot) plot.chart().getPlot();
        for (int row = 0; row < 2; row++) {
          colors
              .computeIfAbsent(
                  category.getDataset().getRowKey(row).toString(), _ -> new HashSet<>())
              .add(category.getRenderer().getSeriesPaint(row));
        }
      }
    }
    assertEquals(Set.copyOf(names), colors.keySet());
    colors.forEach((name, of) -> assertEquals(1, of.size(), name));
    assertEquals(names.size(), colors.values().stream().distinct().count());
  }

  @ParameterizedTest
  @MethodSource("results")
  void titlesSayModelAndData(BenchmarkResult result) {
    for (Plot plot : Plots.of(result)) {
      String titles = plot.titles();
      assertTrue(titles.contains("gpt2"), titles);
      assertTrue(titles.contains("prompts of random tokens"), titles);
    }
  }

  @Test
  void aBarOfAPeerShowsTheRowOfTheTable() {
    BaselinesResult result = result(BaselinesResult.class);
    WhiskerBars bars =
        (WhiskerBars) ((CategoryPlot) Plots.of(result).get(1).chart().getPlot()).getRenderer();
    double[] rates =
        result.measurements().stream()
            .filter(m -> m.program().equals("nanogpt") && m.batch() == 1 && m.tokens() == 128)
            .filter(m -> m.precision() == gpt2j.api.tensor.WeightFormat.F32)
            .mapToDouble(m -> 1e9 / m.nanos().getFirst())
            .toArray();
    assertEquals(Statistics.range(rates), bars.interval("nanogpt", "f32, 128 tokens"));
  }

  @Test
  void picturesOfABusyMachineSaySo() {
    for (BenchmarkResult result : RESULTS) {
      for (Plot plot : Plots.of(result)) {
        List<String> warnings = Tables.warnings(result);
        assertTrue(warnings.isEmpty() || plot.titles().contains(warnings.getFirst()), plot.name());
      }
    }
  }

  @Test
  void cachedAndUncachedAreToldApartByTheirMarksToo() {
    var plot = (XYPlot) Plots.of(grid(BenchmarkCommand.EXPERIMENT)).get(1).chart().getPlot();
    var renderer = (XYErrorRenderer) plot.getRenderer();
    assertEquals(renderer.getSeriesPaint(0), renderer.getSeriesPaint(1));
    assertEquals(renderer.getSeriesPaint(0), renderer.getSeriesFillPaint(0));
    assertEquals(Color.WHITE, renderer.getSeriesFillPaint(1));
    assertTrue(renderer.getLegendLine().getBounds().width >= 3 * 10, "two dashes and a mark");
  }

  @Test
  void theAxisOfLossesEndsWithTheRunAndHasRoomForTheFirstMark() {
    var validation = List.of(new LossPlot.Validation(0, 9), new LossPlot.Validation(60, 2));
    LossPlot.Subject subject = new LossPlot.Subject("a model", "data", Optional.empty());
    var plot = (XYPlot) LossPlot.of(subject, List.of(), validation).chart().getPlot();
    assertTrue(plot.getDomainAxis().getLowerBound() < 0);
    assertEquals(60, plot.getDomainAxis().getUpperBound(), 1);
  }

  @Test
  void whatHasNoArithmeticIsNamedBesideTheRoof() {
    GridResult result = grid(BenchmarkCommand.ROOFLINE);
    boolean any =
        result.measurements(RooflineMeasurement.class).getFirst().points().stream()
            .anyMatch(point -> point.operations() == 0);
    String titles = Plots.of(result).getFirst().titles();
    assertEquals(any, titles.contains("without arithmetic, so not here: "), titles);
  }

  @Test
  void whatIsThinEverywhereIsTakenTogether() {
    Map<String, Double> whole = Map.of("a", 99.0, "b", 0.2, "c", 0.3, "rest", 0.5);
    Thin thin = new Thin(List.of(whole));
    assertEquals(Map.of("a", 99.0, "others (2)", 0.5, "rest", 0.5), thin.merge(whole));
    assertTrue(thin.words().contains("others (2)"), thin.words());
    Map<String, Double> other = Map.of("a", 90.0, "b", 9.0, "c", 0.3, "rest", 0.7);
    assertEquals(other, new Thin(List.of(whole, other)).merge(other));
  }

  @Test
  void textCanBeDrawnHere() {
    assertEquals(Optional.empty(), TextDrawing.problem());
  }
}
