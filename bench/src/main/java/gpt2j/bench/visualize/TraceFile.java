package gpt2j.bench.visualize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Writes the numbers behind the film. */
final class TraceFile {
  /** Keys and values only once: of the last step, which has those of all steps before. */
  private record Contents(KvTrace trace, float[][] keys, float[][] values) {}

  private TraceFile() {}

  static void write(Path file, KvTrace trace) throws IOException {
    JsonMapper mapper =
        JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addMixIn(KvTrace.Step.class, WithoutCache.class)
            .build();
    KvTrace.Step last = trace.steps().getLast();
    Files.write(file, mapper.writeValueAsBytes(new Contents(trace, last.keys(), last.values())));
  }

  @com.fasterxml.jackson.annotation.JsonIgnoreProperties({"keys", "values"})
  private interface WithoutCache {}
}
