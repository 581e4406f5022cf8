package gpt2j.bench.training;

import gpt2j.bench.plot.LossPlot;
import gpt2j.bench.plot.TextDrawing;
import gpt2j.bench.result.TrainingSubject;
import gpt2j.model.gpt2.files.Disk;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The picture of a training run's losses. */
public final class LossCurve {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** More points than this can't be told apart. */
  private static final int MOST_POINTS = 400;

  private final List<Double> steps = new ArrayList<>();
  private final List<Double> losses = new ArrayList<>();
  private final List<LossPlot.Validation> validation = new ArrayList<>();

  private LossCurve() {}

  /**
   * Draws it as a PNG file, to the side at first.
   *
   * @param metrics the run's {@code metrics.jsonl}
   * @param subject what the losses are of
   * @throws IOException when it can't be read, drawn or written
   */
  public static void draw(Path metrics, Path picture, TrainingSubject subject) throws IOException {
    String problem = TextDrawing.problem();
    if (problem != null) {
      throw new IOException(problem);
    }
    LossCurve curve = new LossCurve();
    curve.read(metrics);
    byte[] png = LossPlot.of(subject, curve.training(), curve.validation).png();
    new Disk().replace(picture, png);
  }

  private void read(Path metrics) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(metrics)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode node = MAPPER.readTree(line);
        if (node.path("loss").isNumber()) {
          steps.add(node.path("step").asDouble());
          losses.add(node.path("loss").asDouble());
        } else if (node.path("validation_loss").isNumber()) {
          validation.add(
              new LossPlot.Validation(
                  node.path("step").asLong(), node.path("validation_loss").asDouble()));
        }
      }
    } catch (JacksonException e) {
      throw new IOException(metrics + ": is damaged", e);
    }
  }

  private List<LossPlot.Training> training() {
    int count = losses.size();
    int group = Math.ceilDiv(Math.max(count, 1), MOST_POINTS);
    List<LossPlot.Training> points = new ArrayList<>();
    for (int from = 0; from < count; from += group) {
      int to = Math.min(count, from + group);
      var figures = losses.subList(from, to).stream().mapToDouble(d -> d).summaryStatistics();
      points.add(
          new LossPlot.Training(
              (steps.get(from) + steps.get(to - 1)) / 2,
              figures.getAverage(),
              figures.getMin(),
              figures.getMax()));
    }
    return points;
  }
}
