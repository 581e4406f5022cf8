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

/**
 * The index of a checkpoint that is split into several files.
 *
 * @param file its name
 * @param shards the name of the file that holds each tensor
 */
record ShardIndex(String file, Map<String, String> shards) {
  static final String SAFETENSORS = "model.safetensors.index.json";
  static final String PICKLED = "pytorch_model.bin.index.json";

  /** A file of the same directory and no other: no separator, no leading dot. */
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  /** None. */
  static final ShardIndex NONE = new ShardIndex("", Map.of());

  /**
   * Reads one.
   *
   * @param name {@link #SAFETENSORS} or {@link #PICKLED}
   * @param problems gets everything that is wrong, each with the file's name
   */
  static ShardIndex read(Path directory, String name, List<String> problems) {
    try {
      return parse(name, Io.readSmall(directory.resolve(name)), problems);
    } catch (IOException e) {
      problems.add(name + ": " + Io.explain(e));
      return NONE;
    }
  }

  static ShardIndex parse(String name, byte[] text, List<String> problems) {
    String ending = name.equals(PICKLED) ? ".bin" : ".safetensors";
    return JsonFields.parse(name, text, problems)
        .map(fields -> new ShardIndex(name, weightMap(fields, ending)))
        .orElse(NONE);
  }

  boolean isEmpty() {
    return shards.isEmpty();
  }

  private static Map<String, String> weightMap(JsonFields fields, String ending) {
    Map<String, String> shards = new LinkedHashMap<>();
    if (!(fields.members().get("weight_map") instanceof JsonObject(Map<String, JsonValue> map))
        || map.isEmpty()) {
      fields.problem("weight_map must map each tensor to a file");
      return shards;
    }
    map.forEach(
        (name, value) -> {
          if (value instanceof JsonString(String shard)
              && shard.endsWith(ending)
              && SHARD.matcher(shard).matches()) {
            shards.put(name, shard);
          } else {
            fields.problem(
                "weight_map must map %s to a %s file in the same directory, not to %s"
                    .formatted(Json.printable(name), ending, value));
          }
        });
    return shards;
  }
}
