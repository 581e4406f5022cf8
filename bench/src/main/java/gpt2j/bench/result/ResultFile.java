package gpt2j.bench.result;

import gpt2j.bench.result.json.JsonRecords;
import gpt2j.bench.result.setup.Surroundings;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The file {@code result.json} of a run. */
public final class ResultFile {
  /** Version of the layout. Those before are read too, any other is refused. */
  public static final int FORMAT = 3;

  /** In results of this version, and before, {@code bench baselines} was {@code peers}. */
  private static final int WITH_PEERS = 2;

  /** Results of this version don't say what the machine was like. */
  private static final int WITHOUT_SURROUNDINGS = 1;

  /** The file's name within the run's directory. */
  public static final String NAME = "result.json";

  /** Far more than the samples of the longest run. */
  private static final int MOST_BYTES = 256 << 20;

  private static final String NOT_UTF_8 = "there is something that isn't UTF-8";
  private static final String COMMAND = "command";
  private static final String PEERS = "peers";
  private static final String SETTINGS = "settings";
  private static final String ONLY_FILES =
      "has no settings to measure by: it compares files; give one of a run with --vs";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ResultFile() {}

  /** The result of a run that is named by its file, or by its directory. */
  public static Path in(Path fileOrDirectory) {
    return Files.isDirectory(fileOrDirectory) ? fileOrDirectory.resolve(NAME) : fileOrDirectory;
  }

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
          case GridResult r -> r.settings();
          case CompareResult r -> r.settings().grid();
          case BaselinesResult _ -> null;
        };
    if (settings == null) {
      throw new ResultException(
          "a result of bench %s has no grid of cases".formatted(result.command().label()), null);
    }
    return settings;
  }

  /**
   * Reads the grid to measure from a file, a result or such settings alone.
   *
   * @throws ResultException when it is neither, in one line that names the file
   */
  public static GridSettings readGridSettings(Path file) {
    return readSettings(file, "grid", GridSettings.class);
  }

  /** What {@code bench compare} measured in turn. Errors as of {@link #readGridSettings}. */
  public static CompareSettings readCompareSettings(Path file) {
    CompareSettings settings = readSettings(file, null, CompareSettings.class);
    if (settings.grid() == null || settings.vs() == null) {
      throw new ResultException(file + ": " + ONLY_FILES, null);
    }
    return settings;
  }

  /** What {@code bench baselines} measures. Errors as of {@link #readGridSettings}. */
  public static BaselinesSettings readBaselinesSettings(Path file) {
    return readSettings(file, null, BaselinesSettings.class);
  }

  /**
   * Settings of their part of a file.
   *
   * @param part the name within the settings, of those that may have it
   */
  private static <T> T readSettings(Path file, @Nullable String part, Class<T> type) {
    try {
      JsonNode json = tree(file);
      String path = "";
      for (String name : part == null ? new String[] {SETTINGS} : new String[] {SETTINGS, part}) {
        if (json.has(name)) {
          json = json.get(name);
          path += path.isEmpty() ? name : "." + name;
        }
      }
      if (json.isNull() && path.endsWith("." + part)) {
        throw new IllegalArgumentException(ONLY_FILES);
      }
      return JsonRecords.read(json, type, path);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (IllegalArgumentException e) {
      throw new ResultException(file + ": " + e.getMessage(), e);
    }
  }

  private static ResultException unreadable(Path file, IOException e) {
    return new ResultException(file + ": " + Io.explain(e), e);
  }

  /** All of a file, or an {@link IllegalArgumentException} in words that follow its name. */
  private static JsonNode tree(Path file) throws IOException {
    byte[] text = Io.readText(file, MOST_BYTES);
    JsonNode tree;
    try {
      tree = MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("isn't JSON: " + problem(e), e);
    }
    if (tree.isMissingNode()) {
      throw new IllegalArgumentException("is empty");
    }
    return tree;
  }

  /** What is wrong, in our words: the library's own speak of its classes and settings. */
  private static String problem(JacksonException e) {
    String what =
        switch (e) {
          case UnexpectedEndOfInputException _ -> "it ends too early";
          case StreamConstraintsException _ -> "something is nested too deep, or too long";
          case DatabindException _ -> "there is more text after its end";
          case JacksonIOException _ -> NOT_UTF_8;
          default -> {
            String said = String.valueOf(e.getOriginalMessage());
            yield said.startsWith("Duplicate")
                ? "an object has the same name twice"
                : said.contains("UTF-8") ? NOT_UTF_8 : "there is something that can't stand there";
          }
        };
    TokenStreamLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1
        ? what
        : "%s, line %d, column %d".formatted(what, at.getLineNr(), at.getColumnNr());
  }

  /**
   * Reads a result, whatever the command.
   *
   * @throws ResultException when it isn't one, in one line that names the file
   */
  public static BenchmarkResult read(Path file) {
    try {
      JsonNode tree = tree(file);
      JsonNode format = tree.path("header").path("format");
      if (format.isInt() && format.intValue() == WITHOUT_SURROUNDINGS) {
        addSurroundings(tree);
      }
      if (format.isInt()
          && format.intValue() >= WITHOUT_SURROUNDINGS
          && format.intValue() <= WITH_PEERS) {
        renamePeers(tree);
      } else if (format.isInt() && format.intValue() != FORMAT) {
        // Before all else: another version may have other fields.
        throw new ResultException(
            "%s: has format %d, this version reads %d; measure again"
                .formatted(file, format.intValue(), FORMAT),
            null);
      }
      if (!(tree instanceof ObjectNode all)) {
        throw new IllegalArgumentException("must be a JSON object");
      }
      BenchmarkCommand command =
          JsonRecords.value(all.path(COMMAND), BenchmarkCommand.class, COMMAND);
      return switch (command) {
        case COMPARE -> JsonRecords.read(all.without(COMMAND), CompareResult.class, "");
        case BASELINES -> JsonRecords.read(all.without(COMMAND), BaselinesResult.class, "");
        default ->
            JsonRecords.read(
                all, GridResult.class, "", Map.of(CaseMeasurement.class, command.measurement()));
      };
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (IllegalArgumentException e) {
      throw new ResultException(file + ": is no result of a benchmark: " + e.getMessage(), e);
    }
  }

  private static void addSurroundings(JsonNode tree) {
    if (tree.path(COMMAND).asString("").equals(PEERS)) {
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

  private static void renamePeers(JsonNode tree) {
    if (tree instanceof ObjectNode all && all.path(COMMAND).asString("").equals(PEERS)) {
      all.put(COMMAND, BenchmarkCommand.BASELINES.label());
      rename(all, PEERS, "programs");
      all.path("measurements").forEach(measurement -> rename(measurement, "peer", "program"));
    }
  }

  private static void rename(JsonNode node, String before, String now) {
    if (node instanceof ObjectNode object && object.has(before)) {
      object.set(now, object.remove(before));
    }
  }
}
