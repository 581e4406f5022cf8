package gpt2j.bench.result;

import gpt2j.bench.result.setup.Surroundings;
import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonRecords;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonArray;
import gpt2j.model.gpt2.json.JsonValue.JsonNull;
import gpt2j.model.gpt2.json.JsonValue.JsonNumber;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

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

  private static final String COMMAND = "command";
  private static final String PEERS = "peers";
  private static final String SETTINGS = "settings";
  private static final String ONLY_FILES =
      "has no settings to measure by: it compares files; give one of a run with --vs";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
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
      JsonValue json = tree(file);
      String path = "";
      for (String name : part == null ? new String[] {SETTINGS} : new String[] {SETTINGS, part}) {
        if (json instanceof JsonObject(Map<String, JsonValue> members)
            && members.containsKey(name)) {
          json = members.get(name);
          path += path.isEmpty() ? name : "." + name;
        }
      }
      if (json instanceof JsonNull && path.endsWith("." + part)) {
        throw new JsonException(ONLY_FILES);
      }
      return JsonRecords.read(json, type, path);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (JsonException e) {
      throw new ResultException(file + ": " + e.getMessage(), e);
    }
  }

  private static ResultException unreadable(Path file, IOException e) {
    return new ResultException(file + ": " + Io.explain(e), e);
  }

  private static JsonObject tree(Path file) throws IOException {
    return Json.readObject(Io.readText(file, MOST_BYTES));
  }

  /**
   * Reads a result, whatever the command.
   *
   * @throws ResultException when it isn't one, in one line that names the file
   */
  public static BenchmarkResult read(Path file) {
    try {
      JsonObject tree = tree(file);
      OptionalLong format = format(tree);
      if (format.isPresent() && format.getAsLong() == WITHOUT_SURROUNDINGS) {
        addSurroundings(tree);
      }
      if (format.isPresent()
          && format.getAsLong() >= WITHOUT_SURROUNDINGS
          && format.getAsLong() <= WITH_PEERS) {
        renamePeers(tree);
      } else if (format.isPresent() && format.getAsLong() != FORMAT) {
        // Before all else: another version may have other fields.
        throw new ResultException(
            "%s: has format %d, this version reads %d; measure again"
                .formatted(file, format.getAsLong(), FORMAT),
            null);
      }
      BenchmarkCommand command =
          JsonRecords.value(tree.members().get(COMMAND), BenchmarkCommand.class, COMMAND);
      return switch (command) {
        case COMPARE -> JsonRecords.read(withoutCommand(tree), CompareResult.class, "");
        case BASELINES -> JsonRecords.read(withoutCommand(tree), BaselinesResult.class, "");
        default ->
            JsonRecords.read(
                tree, GridResult.class, "", Map.of(CaseMeasurement.class, command.measurement()));
      };
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (JsonException e) {
      throw new ResultException(file + ": is no result of a benchmark: " + e.getMessage(), e);
    }
  }

  private static OptionalLong format(JsonObject tree) {
    return tree.members().get("header") instanceof JsonObject(Map<String, JsonValue> header)
            && header.get("format") instanceof JsonNumber number
        ? number.integer()
        : OptionalLong.empty();
  }

  private static JsonObject withoutCommand(JsonObject tree) {
    Map<String, JsonValue> rest = new LinkedHashMap<>(tree.members());
    rest.remove(COMMAND);
    return new JsonObject(rest);
  }

  private static boolean isOfPeers(JsonObject tree) {
    return new JsonString(PEERS).equals(tree.members().get(COMMAND));
  }

  private static void addSurroundings(JsonObject tree) {
    if (isOfPeers(tree)) {
      return; // whose measurements have always said it
    }
    JsonValue unknown = JsonValue.of(Surroundings.UNKNOWN);
    for (String list : new String[] {"measurements", "measurements_a", "measurements_b"}) {
      forEachIn(tree, list, members -> members.putIfAbsent("surroundings", unknown));
    }
  }

  private static void renamePeers(JsonObject tree) {
    if (isOfPeers(tree)) {
      tree.members().put(COMMAND, new JsonString(BenchmarkCommand.BASELINES.label()));
      rename(tree.members(), PEERS, "programs");
      forEachIn(tree, "measurements", members -> rename(members, "peer", "program"));
    }
  }

  private static void forEachIn(
      JsonObject tree, String list, Consumer<Map<String, JsonValue>> change) {
    if (tree.members().get(list) instanceof JsonArray(List<JsonValue> elements)) {
      for (JsonValue element : elements) {
        if (element instanceof JsonObject(Map<String, JsonValue> members)) {
          change.accept(members);
        }
      }
    }
  }

  private static void rename(Map<String, JsonValue> members, String before, String now) {
    JsonValue value = members.remove(before);
    if (value != null) {
      members.put(now, value);
    }
  }
}
