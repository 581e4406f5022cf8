package gpt2j.bench.plot;

import gpt2j.model.gpt2.files.Disk;
import java.awt.BasicStroke;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The losses of a training run over its steps. */
public final class LossPlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;
  private static final double MARGIN = 0.012;
  private static final float[] DASHES = {6, 4};

  private static final JsonMapper MAPPER = new JsonMapper();

  /** More points than this can't be told apart. */
  private static final int MOST_POINTS = 400;

  private LossPlot() {}

  /**
   * What losses of training are of.
   *
   * @param model in some words
   * @param data its name
   * @param reference to compare with
   */
  public record Subject(String model, String data, Optional<Reference> reference) {
    /** The loss per token of something else on the validation data, in nats. */
    public record Reference(String name, double loss) {}
  }

  /**
   * The loss on some successive batches.
   *
   * @param step in their middle
   */
  record Training(double step, double mean, double least, double most) {}

  /** The loss on the validation data. */
  record Validation(long step, double loss) {}

  /**
   * The plot.
   *
   * @param subject what the losses are of
   * @param training by step
   * @param validation by step
   */
  static Plot of(Subject subject, List<Training> training, List<Validation> validation) {
    double last =
        Math.max(lastStep(training), validation.isEmpty() ? 0 : validation.getLast().step());
    XYPlot plot = Style.xy(steps(last), Style.linear("loss, nats per token"));
    addValidation(plot, validation);
    addTraining(plot, training);
    subject.reference().ifPresent(reference -> addReference(plot, reference, last));
    String figures =
        validation.isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "; lowest validation loss %.4f, last %.4f",
                validation.stream().mapToDouble(Validation::loss).min().orElseThrow(),
                validation.getLast().loss());
    return new Plot(
        "loss",
        "Loss of training and of validation on %s over steps, of a model of %s"
                .formatted(subject.data(), subject.model())
            + figures,
        Style.chart(
            "Training on " + subject.data(),
            subject.model()
                + "\nline: mean of successive batches, band: smallest to largest"
                + figures,
            plot,
            true),
        WIDTH,
        HEIGHT);
  }

  /** As long as the run, with room for the marks of its first step and its last. */
  private static NumberAxis steps(double last) {
    NumberAxis axis = Style.linear("step");
    axis.setStandardTickUnits(NumberAxis.createIntegerTickUnits());
    double margin = MARGIN * Math.max(1, last);
    axis.setRange(-margin, Math.max(1, last) + margin);
    return axis;
  }

  private static double lastStep(List<Training> training) {
    return training.isEmpty() ? 0 : training.getLast().step();
  }

  private static void addReference(XYPlot plot, Subject.Reference reference, double last) {
    XYSeries series = new XYSeries(reference.name());
    series.add(0, reference.loss());
    series.add(last, reference.loss());
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, false);
    renderer.setSeriesPaint(0, Style.series(2));
    renderer.setSeriesStroke(
        0, new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0));
    plot.setDataset(2, new XYSeriesCollection(series));
    plot.setRenderer(2, renderer);
  }

  private static void addValidation(XYPlot plot, List<Validation> validation) {
    XYSeries series = new XYSeries("validation");
    validation.forEach(v -> series.add(v.step(), v.loss()));
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, validation.size() < 60);
    renderer.setSeriesPaint(0, Style.series(1));
    renderer.setSeriesShape(0, Style.shape(1));
    renderer.setSeriesStroke(0, Style.line());
    plot.setDataset(0, new XYSeriesCollection(series));
    plot.setRenderer(0, renderer);
  }

  private static void addTraining(XYPlot plot, List<Training> training) {
    YIntervalSeries series = new YIntervalSeries("training");
    training.forEach(t -> series.add(t.step(), t.mean(), t.least(), t.most()));
    YIntervalSeriesCollection data = new YIntervalSeriesCollection();
    data.addSeries(series);
    DeviationRenderer renderer = new DeviationRenderer(true, false);
    renderer.setAlpha(0.22f);
    renderer.setSeriesPaint(0, Style.series(0));
    renderer.setSeriesFillPaint(0, Style.series(0));
    renderer.setSeriesStroke(0, Style.line());
    plot.setDataset(1, data);
    plot.setRenderer(1, renderer);
  }

  /**
   * Draws it as a PNG file, to the side at first.
   *
   * @param metrics the run's {@code metrics.jsonl}
   * @throws IOException when it can't be read, drawn or written
   */
  public static void draw(Path metrics, Path picture, Subject subject) throws IOException {
    Optional<String> problem = TextDrawing.problem();
    if (problem.isPresent()) {
      throw new IOException(problem.get());
    }
    List<Training> updates = new ArrayList<>();
    List<Validation> validation = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(metrics)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode node = MAPPER.readTree(line);
        JsonNode loss = node.path("loss");
        JsonNode evaluated = node.path("validation_loss");
        if (loss.isNumber()) {
          double value = loss.asDouble();
          updates.add(new Training(node.path("step").asDouble(), value, value, value));
        } else if (evaluated.isNumber()) {
          validation.add(new Validation(node.path("step").asLong(), evaluated.asDouble()));
        }
      }
    } catch (JacksonException e) {
      throw new IOException(metrics + ": is damaged", e);
    }
    new Disk().replace(picture, of(subject, grouped(updates), validation).png());
  }

  private static List<Training> grouped(List<Training> updates) {
    int group = Math.ceilDiv(Math.max(updates.size(), 1), MOST_POINTS);
    List<Training> points = new ArrayList<>();
    for (int from = 0; from < updates.size(); from += group) {
      var part = updates.subList(from, Math.min(updates.size(), from + group));
      var losses = part.stream().mapToDouble(Training::mean).summaryStatistics();
      points.add(
          new Training(
              (part.getFirst().step() + part.getLast().step()) / 2,
              losses.getAverage(),
              losses.getMin(),
              losses.getMax()));
    }
    return points;
  }
}
