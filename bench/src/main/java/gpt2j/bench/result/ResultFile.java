package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The file {@code result.json} of a run. */
public final class ResultFile {
  /** Version of the layout. The one before is read too, any other is refused. */
  public static final int FORMAT = 2;

  /** Results of this version don't say what the machine was like. */
  private static final int WITHOUT_SURROUNDINGS = 1;

  /** The file's name within the run's directory. */
  public static final String NAME = "result.json";

  /** Far more than the samples of the longest run. */
  private static final int MOST_BYTES = 256 << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ResultFile() {}

  /** A result as JSON. */
  public static String toJson(BenchmarkResult result) {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
  }

  /** Writes a result to the side and gives it its name when it is complete. */
  public static void write(Path file, BenchmarkResult result) throws IOException {
    new Disk().replace(file, toJson(result).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The grid that a result's command was told to measure.
   *
   * @throws ResultException when the command has none
   */
  public static GridSettings gridSettings(BenchmarkResult result) {
    GridSettings settings =
        switch (result) {
          case ThroughputResult r -> r.settings();
          case TraceResult r -> r.settings();
          case ExperimentResult r -> r.settings();
          case ProfileResult r -> r.settings();
          case RooflineResult r -> r.settings();
          case CompareResult r -> r.settings().grid();
          case PeersResult _ -> null;
        };
    if (settings == null) {
      throw new ResultException(
          "a result of bench %s has no grid of cases".formatted(result.commandName()), null);
    }
    return settings;
  }

  /**
   * Reads the grid to measure from a file, a result or such settings alone.
   *
   * @throws ResultException when it is neither, in one line that names the file
   */
  public static GridSettings readGridSettings(Path file) {
    return readSettings(
        file,
        settings -> settings.has("grid") ? settings.get("grid") : settings,
        GridSettings.class);
  }

  /** What {@code bench compare} measured in turn. Errors as of {@link #readGridSettings}. */
  public static CompareSettings readCompareSettings(Path file) {
    CompareSettings settings = readSettings(file, tree -> tree, CompareSettings.class);
    if (settings.grid() == null || settings.vs() == null) {
      throw new ResultException(file + ": has no settings to measure by: it compares files", null);
    }
    return settings;
  }

  /** What {@code bench peers} measures. Errors as of {@link #readGridSettings}. */
  public static PeersSettings readPeersSettings(Path file) {
    return readSettings(file, tree -> tree, PeersSettings.class);
  }

  private static <T> T readSettings(Path file, UnaryOperator<JsonNode> part, Class<T> type) {
    try {
      JsonNode tree = MAPPER.readTree(Io.readText(file, MOST_BYTES));
      JsonNode settings = tree.has("settings") ? tree.get("settings") : tree;
      return value(part.apply(settings), type);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new ResultException(file + ": has no settings to measure by: " + line(e), e);
    }
  }

  private static ResultException unreadable(Path file, IOException e) {
    return new ResultException(file + ": " + Io.explain(e), e);
  }

  private static <T> T value(JsonNode json, Class<T> type) {
    JsonCheck.require(json, type);
    return MAPPER.treeToValue(json, type);
  }

  private static String line(RuntimeException e) {
    String message =
        e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  /**
   * Reads a result, whatever the command.
   *
   * @throws ResultException when it isn't one, in one line that names the file
   */
  public static BenchmarkResult read(Path file) {
    BenchmarkResult result;
    try {
      JsonNode tree = MAPPER.readTree(Io.readText(file, MOST_BYTES));
      if (tree.path("header").path("format").asInt(FORMAT) == WITHOUT_SURROUNDINGS) {
        addSurroundings(tree);
      }
      result = value(tree, BenchmarkResult.class);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new ResultException(file + ": is no result of a benchmark: " + line(e), e);
    }
    int format = result.header().format();
    if (format != FORMAT && format != WITHOUT_SURROUNDINGS) {
      throw new ResultException(
          "%s: has format %d, this version reads %d; measure again".formatted(file, format, FORMAT),
          null);
    }
    return result;
  }

  private static void addSurroundings(JsonNode tree) {
    if (tree.path("command").asString("").equals("peers")) {
      return; // whose measurements have always said it
    }
    for (String list : new String[] {"measurements", "measurements_a", "measurements_b"}) {
      for (JsonNode measurement : tree.path(list)) {
        if (measurement instanceof ObjectNode object && !object.has("surroundings")) {
          object.set("surroundings", MAPPER.valueToTree(Surroundings.UNKNOWN));
        }
      }
    }
  }
}
