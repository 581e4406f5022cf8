package gpt2j.bench.plot;

import gpt2j.bench.result.TrainingSubject;
import java.awt.BasicStroke;
import java.util.List;
import java.util.Locale;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** The losses of a training run over its steps. */
public final class LossPlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;
  private static final double MARGIN = 0.012;
  private static final float[] DASHES = {6, 4};

  private LossPlot() {}

  /**
   * The loss on some successive batches.
   *
   * @param step in their middle
   */
  public record Training(double step, double mean, double least, double most) {}

  /** The loss on the validation data. */
  public record Validation(long step, double loss) {}

  /**
   * The plot.
   *
   * @param subject what the losses are of
   * @param training by step
   * @param validation by step
   */
  public static Plot of(
      TrainingSubject subject, List<Training> training, List<Validation> validation) {
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

  private static void addReference(XYPlot plot, TrainingSubject.Reference reference, double last) {
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
}
