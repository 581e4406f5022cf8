package gpt2j.bench.plot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.title.TextTitle;

/** A plot of a result. */
public final class Plot {
  /** Pixels of the file for each of the plot, so that it is sharp on fine screens. */
  private static final int SCALE = 2;

  /** Those that every chart has: its title, and what was measured. */
  private static final int TITLES = 2;

  private static final int WARNING = 34; // pixels of two lines

  private final String name;
  private final String description;
  private final JFreeChart chart;
  private final int width;
  private final int height;

  /**
   * A plot.
   *
   * @param name of its file, without extension
   * @param description what it shows, for those who can't see it
   */
  Plot(String name, String description, JFreeChart chart, int width, int height) {
    this.name = name;
    this.description = description;
    this.chart = chart;
    this.width = width;
    this.height = height;
  }

  /** The name of its file, without extension. */
  public String name() {
    return name;
  }

  /** What it shows, for those who can't see it. */
  public String description() {
    return description;
  }

  /** The lines above it: what is shown, of what, and where it was measured. */
  public String titles() {
    return IntStream.range(0, chart.getSubtitleCount())
        .mapToObj(chart::getSubtitle)
        .filter(TextTitle.class::isInstance)
        .map(title -> ((TextTitle) title).getText())
        .collect(Collectors.joining("\n"));
  }

  /** Width on the page in pixels. */
  public int width() {
    return width;
  }

  /** Height on the page in pixels. */
  public int height() {
    return height;
  }

  /** The same with a warning under its titles, as much higher as that is. */
  Plot with(String warning) {
    TextTitle line = Style.heading(warning, Style.LABEL, Style.WARNING);
    chart.addSubtitle(TITLES, line);
    return new Plot(name, description + " " + warning, chart, width, height + WARNING);
  }

  JFreeChart chart() {
    return chart;
  }

  /** The picture as a PNG file. */
  public byte[] png() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ChartUtils.writeScaledChartAsPNG(out, chart, width, height, SCALE, SCALE);
    return out.toByteArray();
  }
}
