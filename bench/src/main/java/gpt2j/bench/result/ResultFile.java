package gpt2j.bench.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/** The file {@code result.json} of a run. */
public final class ResultFile {
  /** Version of the layout; another one is refused. */
  public static final int FORMAT = 1;

  /** The file's name within the run's directory. */
  public static final String NAME = "result.json";

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
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    Files.writeString(partial, toJson(result));
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Reads a result, whatever the command.
   *
   * @throws ResultException when it isn't one, in one line that names the file
   */
  public static BenchmarkResult read(Path file) {
    BenchmarkResult result;
    try {
      result = MAPPER.readValue(Files.readAllBytes(file), BenchmarkResult.class);
    } catch (IOException e) {
      throw new ResultException(file + ": can't be read: " + e, e);
    } catch (JacksonException e) {
      String what = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
      throw new ResultException(file + ": is no result of a benchmark: " + what, e);
    }
    if (result.header().format() != FORMAT) {
      throw new ResultException(
          "%s: has format %d, this version reads %d; measure again"
              .formatted(file, result.header().format(), FORMAT),
          null);
    }
    return result;
  }
}
