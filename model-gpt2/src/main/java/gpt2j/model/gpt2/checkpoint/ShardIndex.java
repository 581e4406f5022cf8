package gpt2j.model.gpt2.checkpoint;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import gpt2j.model.gpt2.json.JsonValue.JsonString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The index of a checkpoint that is split into several files. */
final class ShardIndex {
  /** A file of the same directory and no other: no separator, no leading dot. */
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.safetensors");

  private ShardIndex() {}

  /**
   * The name of the file that holds each tensor.
   *
   * @param problems gets everything that is wrong, each with the file's name
   */
  static Map<String, String> read(Path file, List<String> problems) {
    try {
      return parse(Io.readSmall(file), problems);
    } catch (IOException e) {
      problems.add(WeightFiles.INDEX + ": " + Io.explain(e));
      return Map.of();
    }
  }

  static Map<String, String> parse(byte[] text, List<String> problems) {
    return JsonFields.parse(WeightFiles.INDEX, text, problems)
        .map(ShardIndex::weightMap)
        .orElse(Map.of());
  }

  private static Map<String, String> weightMap(JsonFields fields) {
    Map<String, String> shards = new LinkedHashMap<>();
    if (!(fields.members().get("weight_map") instanceof JsonObject(Map<String, JsonValue> map))
        || map.isEmpty()) {
      fields.problem("weight_map must map each tensor to a file");
      return shards;
    }
    map.forEach(
        (name, value) -> {
          if (value instanceof JsonString(String shard) && SHARD.matcher(shard).matches()) {
            shards.put(name, shard);
          } else {
            fields.problem(
                "weight_map must map %s to a .safetensors file in the same directory, not to %s"
                    .formatted(Json.printable(name), value));
          }
        });
    return shards;
  }
}
