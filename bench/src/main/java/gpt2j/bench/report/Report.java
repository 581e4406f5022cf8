package gpt2j.bench.report;

import gpt2j.api.Words;
import gpt2j.bench.plot.Plot;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.ResultFile;
import gpt2j.bench.result.setup.DeviceDescription;
import gpt2j.bench.result.setup.Header;
import gpt2j.bench.result.setup.Model;
import gpt2j.bench.table.Cell;
import gpt2j.bench.table.Table;
import gpt2j.bench.table.Tables;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTML file that has everything of a run but its raw samples, and needs nothing else. */
final class Report {
  /** Longer tables are folded. */
  private static final int LONG = 40;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 74rem; margin: 2rem auto;
        padding: 0 1rem; color: #1a1a1a; background: #fff; }
      h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
      .time { color: #5c5c5c; margin-top: .2rem; }
      .note { border-left: .3rem solid #d55e00; padding: .3rem .8rem; }
      figure { margin: 1.2rem 0; }
      img { max-width: 100%; height: auto; background: #fff; border: 1px solid #dedede;
        border-radius: 6px; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
      th, td { padding: .25rem .6rem; border-bottom: 1px solid #dedede; text-align: left;
        vertical-align: top; white-space: nowrap; }
      td.wrap { white-space: normal; overflow-wrap: anywhere; }
      td.number { text-align: right; }
      thead th { border-bottom: 2px solid #767676; }
      summary { cursor: pointer; } pre { overflow-x: auto; padding: .6rem; background: #f4f4f4;
        border-radius: 6px; }
      a { color: #0b5fa5; }
      @media (prefers-color-scheme: dark) {
        body { color: #e6e6e6; background: #16181c; } .time { color: #a8a8a8; }
        th, td { border-color: #3a3d42; } pre { background: #23262b; } a { color: #7dbcf0; }
        img { border-color: #3a3d42; } }
      """;

  private final BenchmarkResult result;
  private final Html html = new Html();

  Report(BenchmarkResult result) {
    this.result = result;
  }

  /**
   * The file's contents.
   *
   * @param plots already drawn, by plot
   * @param problem why there are no plots; null when there are
   */
  String text(Map<Plot, byte[]> plots, @Nullable String problem) throws IOException {
    Header header = result.header();
    String title = "gpt2j bench " + result.command().label();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .element("title", title + ", " + TIME.format(header.startedAt()))
        .raw("<style>\n" + STYLE + "</style>\n</head>\n<body>\n<main>\n")
        .element("h1", title)
        .raw("<p class=\"time\">")
        .text(
            "%s to %s, %s"
                .formatted(
                    TIME.format(header.startedAt()),
                    TIME.format(header.updatedAt()),
                    header.machine().processor()))
        .raw("</p>\n");
    if (!header.complete()) {
      note("The run was not finished: what follows is what it had measured by then.");
    }
    if (problem != null) {
      note("There are no plots: " + problem);
    }
    plots.forEach(
        (plot, png) ->
            html.raw("<figure>\n")
                .image(png, plot.width(), plot.height(), plot.description())
                .raw("</figure>\n"));
    table();
    conditions();
    again();
    return html.raw("</main>\n</body>\n</html>\n").toString();
  }

  private void note(String words) {
    html.raw("<p class=\"note\">").text(words).raw("</p>\n");
  }

  private void table() {
    Table table = Tables.of(result);
    html.element("h2", "Figures");
    boolean folded = table.rows().size() > LONG;
    if (folded) {
      html.raw("<details>\n").element("summary", table.rows().size() + " rows");
    }
    html.raw("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    table.columns().forEach(column -> html.raw("<th scope=\"col\">").text(column).raw("</th>"));
    html.raw("</tr></thead>\n<tbody>\n");
    for (List<Cell> row : table.rows()) {
      html.raw("<tr>");
      for (Cell cell : row) {
        html.raw(cell instanceof Cell.Number ? "<td class=\"number\">" : "<td>")
            .text(cell.text())
            .raw("</td>");
      }
      html.raw("</tr>\n");
    }
    html.raw("</tbody>\n</table></div>\n" + (folded ? "</details>\n" : ""));
    table.notes().forEach(line -> html.element("p", line));
  }

  private void conditions() {
    Header header = result.header();
    html.element("h2", "Conditions").raw("<div class=\"scroll\"><table>\n");
    row("Machine", header.machine().summary());
    row("gpt2j", header.version());
    for (DeviceDescription device : header.devices()) {
      row(
          "Backend " + device.backend(),
          "%s, %.1f GiB; %s"
              .formatted(
                  device.name(),
                  device.totalMemoryBytes() / (double) (1 << 30),
                  list(device.properties())));
    }
    for (Model model : header.models()) {
      row(
          "Model " + model.name(),
          String.format(
              Locale.ROOT,
              "%.1f million parameters%s, %s, %s, width %d, context %d, vocabulary %d",
              model.parameters() / 1e6,
              model.random() ? ", random" : "",
              Words.count(model.layers(), "layer"),
              Words.count(model.heads(), "head"),
              model.embeddingWidth(),
              model.contextLength(),
              model.vocabularySize()));
    }
    RecordText.of(result.settings()).forEach(this::row);
    html.raw("</table></div>\n");
  }

  private void row(String name, String value) {
    html.raw("<tr><th scope=\"row\">")
        .text(name)
        .raw("</th><td class=\"wrap\">")
        .text(value)
        .raw("</td></tr>\n");
  }

  private static String list(Map<String, String> properties) {
    List<String> words = new ArrayList<>();
    properties.forEach((name, value) -> words.add(name + " " + value));
    return String.join(", ", words);
  }

  private void again() {
    html.element("h2", "Again")
        .raw("<p>Raw samples are in <a href=\"%1$s\">%1$s</a>, ".formatted(ResultFile.NAME))
        .raw("the table in <a href=\"table.csv\">table.csv</a> beside this file. ")
        .raw("The same settings are measured again by</p>\n")
        .element(
            "pre",
            "bin/cli bench %s --config %s%s"
                .formatted(
                    result.command().label(),
                    ResultFile.NAME,
                    result.header().models().stream().allMatch(Model::random)
                        ? ""
                        : " --model DIR"));
  }
}
