package gpt2j.bench.visualize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.BackendOptions;
import gpt2j.api.SamplingParameters;
import gpt2j.bench.context.BenchException;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.testkit.ReferenceBackendProvider;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VisualizationTest {
  private static final Visualization.Settings SETTINGS =
      new Visualization.Settings("tiny", 2, 1, 4, OptionalInt.of(12), Duration.ofMillis(250));
  private static final SamplingParameters SAMPLING = SamplingParameters.random(1);

  @TempDir private Path directory;
  private ObservedBackend backend;
  private Gpt2 model;

  @BeforeEach
  void load() {
    backend = new ObservedBackend(new ReferenceBackendProvider().open(BackendOptions.defaults()));
    model = Models.load(Models.write(directory), backend);
  }

  @AfterEach
  void close() {
    model.close();
    backend.close();
  }

  private Path out() {
    return directory.resolve("out");
  }

  @Test
  void theFilmsPicturesAreTheFramesAndLastAsLongAsAsked() throws IOException {
    List<String> progress = new ArrayList<>();
    List<Path> files =
        new Visualization(model, backend, SETTINGS)
            .write(
                Models.PROMPT,
                SAMPLING,
                out(),
                () -> false,
                (done, total) -> progress.add(done + "/" + total));
    assertEquals(List.of("1/4", "2/4", "3/4", "4/4"), progress);
    for (Path file : files) {
      assertTrue(Files.size(file) > 0, file::toString);
    }
    GifReading.Film film = GifReading.read(out().resolve("kv-cache.gif"));
    assertEquals(4, film.frames().size());
    Duration delay = SETTINGS.delay();
    assertEquals(List.of(delay, delay, delay, Duration.ofSeconds(3)), film.delays());
    for (int i = 0; i < 4; i++) {
      Path file = out().resolve("frames/frame-000%d.png".formatted(i));
      BufferedImage frame = ImageIO.read(file.toFile());
      assertArrayEquals(GifReading.pixels(frame), GifReading.pixels(film.frames().get(i)));
    }
  }

  @Test
  void theTraceFileHasTheNumbersOfTheFilm() throws IOException {
    new Visualization(model, backend, SETTINGS)
        .write(Models.PROMPT, SAMPLING, out(), () -> false, (done, total) -> {});
    JsonNode json = JsonMapper.shared().readTree(Files.readAllBytes(out().resolve("trace.json")));
    KvTrace trace =
        new KvTracer(model, backend, 2, 1).trace(Models.PROMPT, 4, SAMPLING, () -> false);
    assertEquals(2, json.at("/trace/layer").intValue());
    assertEquals(10, json.at("/trace/tokens").size());
    KvTrace.Step last = trace.steps().getLast();
    assertEquals(last.keys().length, json.at("/keys").size());
    assertEquals(last.keys()[8][7], json.at("/keys/8/7").floatValue());
    assertEquals(last.values()[3][0], json.at("/values/3/0").floatValue());
    assertEquals(last.attention()[5], json.at("/trace/steps/3/attention/5").floatValue());
    assertEquals(last.query()[2], json.at("/trace/steps/3/query/2").floatValue());
  }

  @Test
  void attentionMapsAreCausalAddUpToOneAndAreShownAsTheyAre() {
    AttentionMaps maps = AttentionMaps.of(model, Models.PROMPT.length, Models.PROMPT);
    AttentionPictures pictures = new AttentionPictures("tiny", maps);
    BufferedImage grid = pictures.grid();
    assertEquals(Models.LAYERS, maps.layers());
    assertEquals(Models.HEADS, maps.heads());
    for (int layer = 0; layer < maps.layers(); layer++) {
      for (int head = 0; head < maps.heads(); head++) {
        for (int query = 0; query < Models.PROMPT.length; query++) {
          float[] row = maps.probabilities()[layer][head][query];
          double sum = 0;
          for (int key = 0; key < Models.PROMPT.length; key++) {
            sum += row[key];
            if (key <= query) {
              Rectangle cell = pictures.gridCell(layer, head, query, key);
              int color = grid.getRGB(cell.x + cell.width / 2, cell.y + cell.height / 2);
              assertEquals(pictures.scale().rgb(row[key]), color & 0xffffff);
            } else {
              assertEquals(0, row[key]);
            }
          }
          assertEquals(1, sum, 1e-5);
        }
      }
    }
  }

  @Test
  void theMapsOfAPromptAreThoseOfItsPrefill() {
    KvTrace trace =
        new KvTracer(model, backend, 1, 0).trace(Models.PROMPT, 1, SAMPLING, () -> false);
    AttentionMaps maps = AttentionMaps.of(model, Models.PROMPT.length, Models.PROMPT);
    assertArrayEquals(
        trace.steps().getFirst().attention(), maps.probabilities()[1][0][Models.PROMPT.length - 1]);
  }

  /** Rows of generated tokens are what the film shows of their steps. */
  @Test
  void aFilmIsAsWideAsItsTextAndShowsTheBarsOfMostSteps() {
    List<KvTrace.Token> tokens = new ArrayList<>();
    List<KvTrace.Step> steps = new ArrayList<>();
    for (int position = 0; position < 40; position++) {
      float[] attention = new float[position + 1];
      Arrays.fill(attention, 1f / attention.length);
      float[][] cached = new float[position + 1][4];
      steps.add(new KvTrace.Step(position, new float[4], cached, attention, cached, new float[4]));
      tokens.add(new KvTrace.Token(0, "a"));
    }
    tokens.add(new KvTrace.Token(0, "b"));
    KvTrace trace = new KvTrace(0, 0, 1, 1, 1000, 32, 1, 1, tokens, steps);
    Dashboard dashboard = new Dashboard("tiny", trace, DashboardLayout.cellFor(trace.reached()));
    assertEquals(40, dashboard.layout().positions());
    assertEquals(DashboardLayout.LEAST_WIDTH, dashboard.layout().width());
    assertEquals(0.1f, dashboard.attention().high(), "not the 1 of the first step");
  }

  /** What stands beside the maps ends before the picture does, and the text is cut to fit. */
  @Test
  void nothingIsCutOffAtTheRight() {
    int heads = 12;
    int shown = 30;
    float[][][][] maps = new float[2][heads][shown][shown];
    List<KvTrace.Token> texts = Collections.nCopies(shown, new KvTrace.Token(0, "WWWWWWWW"));
    AttentionPictures pictures =
        new AttentionPictures("tiny", new AttentionMaps(texts, 0, 1, maps));
    for (BufferedImage image : List.of(pictures.grid(), pictures.single(0, 0))) {
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = image.getWidth() - 8; x < image.getWidth(); x++) {
          assertEquals(0xffffff, image.getRGB(x, y) & 0xffffff, x + ", " + y);
        }
      }
    }
  }

  @Test
  void theMapsGoOnWithWhatWasGenerated() {
    KvTrace trace =
        new KvTracer(model, backend, 1, 0).trace(Models.PROMPT, 5, SAMPLING, () -> false);
    int[] evaluated =
        trace.tokens().stream()
            .mapToInt(KvTrace.Token::id)
            .limit(Models.PROMPT.length + 4)
            .toArray();
    AttentionMaps maps = AttentionMaps.of(model, Models.PROMPT.length, evaluated);
    assertEquals(Models.PROMPT.length, maps.prompt());
    assertEquals(evaluated.length, maps.tokens().size());
    for (KvTrace.Step step : trace.steps()) {
      float[] row = maps.probabilities()[1][0][step.position()];
      for (int key = 0; key <= step.position(); key++) {
        assertEquals(step.attention()[key], row[key], 1e-6);
      }
    }
  }

  @Test
  void numPyCanReadTheMaps() throws IOException {
    new Visualization(model, backend, SETTINGS)
        .write(Models.PROMPT, SAMPLING, out(), () -> false, (done, total) -> {});
    int[] evaluated = // the film's, all but the last that was drawn
        new KvTracer(model, backend, 2, 1)
            .trace(Models.PROMPT, 4, SAMPLING, () -> false).tokens().stream()
                .mapToInt(KvTrace.Token::id)
                .limit(9)
                .toArray();
    AttentionMaps maps = AttentionMaps.of(model, Models.PROMPT.length, evaluated);
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(out().resolve("attention.npy")))
            .order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[8];
    file.get(magic);
    assertArrayEquals(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}, magic);
    byte[] header = new byte[file.getShort()];
    assertEquals(0, (10 + header.length) % 64);
    file.get(header);
    assertEquals(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 9, 9), }",
        new String(header, StandardCharsets.US_ASCII).strip());
    for (float[][][] layer : maps.probabilities()) {
      for (float[][] head : layer) {
        for (float[] row : head) {
          for (float probability : row) {
            assertEquals(probability, file.getFloat());
          }
        }
      }
    }
    assertEquals(0, file.remaining());
  }

  @Test
  void whatTheModelDoesNotHaveIsRefused() {
    Visualization.Settings layer =
        new Visualization.Settings("tiny", 3, 0, 4, OptionalInt.empty(), Duration.ZERO);
    Visualization.Settings head =
        new Visualization.Settings("tiny", 0, 2, 4, OptionalInt.empty(), Duration.ZERO);
    assertThrows(IllegalArgumentException.class, () -> new Visualization(model, backend, layer));
    assertThrows(IllegalArgumentException.class, () -> new Visualization(model, backend, head));
  }

  @Test
  void cancellingEndsItAndTheObservation() {
    Visualization visualization = new Visualization(model, backend, SETTINGS);
    assertThrows(
        CancellationException.class,
        () -> visualization.write(Models.PROMPT, SAMPLING, out(), () -> true, (done, total) -> {}));
    assertTrue(Files.notExists(out()));
    long used = backend.memory().total();
    AttentionMaps.of(model, Models.PROMPT.length, Models.PROMPT);
    assertEquals(used, backend.memory().total());
  }

  @Test
  void whatIsThereIsLeftAlone() throws IOException {
    Files.createDirectories(out());
    Files.writeString(out().resolve("mine"), "mine");
    Visualization visualization = new Visualization(model, backend, SETTINGS);
    BenchException e =
        assertThrows(
            BenchException.class,
            () ->
                visualization.write(
                    Models.PROMPT, SAMPLING, out(), () -> false, (done, total) -> {}));
    assertEquals(
        out() + ": can't be written: the directory isn't empty; choose a new one", e.getMessage());
    try (var files = Files.list(directory)) {
      assertEquals(2, files.count()); // the model and this
    }
  }
}
