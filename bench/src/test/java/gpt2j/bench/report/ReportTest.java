package gpt2j.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.bench.plot.PlausibleResults;
import gpt2j.bench.plot.Plots;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.table.Tables;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReportTest {
  @TempDir private Path directory;

  static Stream<BenchmarkResult> results() {
    return PlausibleResults.all().stream();
  }

  private String publish(BenchmarkResult result) throws IOException {
    List<Path> files = new ReportPublisher().publish(result, directory);
    assertEquals(directory.resolve("report.html"), files.getLast());
    try (Stream<Path> written = Files.list(directory)) {
      assertEquals(files.size(), written.count());
    }
    return Files.readString(files.getLast());
  }

  @ParameterizedTest
  @MethodSource("results")
  void everythingIsInOneFile(BenchmarkResult result) throws IOException {
    String html = publish(result);
    Matcher sources = Pattern.compile("(?:src|href)=\"([^\"]*)\"").matcher(html);
    int images = 0;
    while (sources.find()) {
      String source = sources.group(1);
      if (source.startsWith("data:image/png;base64,")) {
        byte[] png = Base64.getDecoder().decode(source.substring(source.indexOf(',') + 1));
        assertTrue(ImageIO.read(new ByteArrayInputStream(png)).getWidth() > 100);
        images++;
      } else { // the raw data beside it
        assertTrue(List.of("result.json", "table.csv").contains(source), source);
      }
    }
    assertEquals(Plots.of(result).size(), images);
    assertFalse(html.contains("<script") || html.contains("http:") || html.contains("https:"));
    assertEquals(images, count(html, "<img "));
    assertEquals(images, count(html, " alt=\"[^\"]{20,}\""));
    assertEquals(
        Tables.of(result).rows().size(), count(html.substring(html.indexOf("<tbody>")), "<tr><td"));
    assertTrue(
        html.contains("bin/cli bench " + result.command().label() + " --config result.json"));
  }

  @ParameterizedTest
  @MethodSource("results")
  void whatIsNoMarkupIsNotTakenForMarkup(BenchmarkResult result) throws IOException {
    String html = publish(result);
    assertFalse(html.contains("<b>"));
    assertTrue(html.contains("Example &lt;b&gt;processor&lt;/b&gt; &amp; co"));
  }

  /** Every element is closed, in order: seen by a parser of XML, once empty elements are gone. */
  @ParameterizedTest
  @MethodSource("results")
  void theMarkupIsWellFormed(BenchmarkResult result) throws Exception {
    String xml =
        publish(result)
            .replace("<!DOCTYPE html>", "")
            .replaceAll("<meta [^>]*>", "")
            .replaceAll("<img [^>]*>", "");
    var factory = javax.xml.parsers.DocumentBuilderFactory.newInstance();
    var document =
        factory.newDocumentBuilder().parse(new org.xml.sax.InputSource(new StringReader(xml)));
    assertEquals("html", document.getDocumentElement().getTagName());
  }

  @Test
  void withoutFontsThereIsAReportThatSaysSo() throws IOException {
    BenchmarkResult result = PlausibleResults.all().getFirst();
    List<Path> files =
        new ReportPublisher(() -> Optional.of("no <fonts>")).publish(result, directory);
    assertEquals(List.of(directory.resolve("report.html")), files);
    String html = Files.readString(files.getFirst());
    assertTrue(html.contains("There are no plots: no &lt;fonts&gt;"));
    assertFalse(html.contains("<img"));
  }

  @Test
  void charactersThatHtmlForbidsAreReplaced() {
    assertEquals("a\ufffdb&quot;&#39;\n", Html.escape("a\u0000b\"'\n"));
    assertEquals("\ufffd😀", Html.escape("\ud800😀"));
  }

  private static long count(String text, String pattern) {
    return Pattern.compile(pattern).matcher(text).results().count();
  }
}
