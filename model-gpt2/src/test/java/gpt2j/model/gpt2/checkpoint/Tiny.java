package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** A tiny model, and its checkpoint in pieces that a test can change before it writes them. */
final class Tiny {
  private Tiny() {}

  static Gpt2ConfigBuilder builder() {
    return Gpt2Config.builder()
        .vocabularySize(11)
        .contextLength(5)
        .embeddingWidth(6)
        .layers(2)
        .heads(3);
  }

  static Gpt2Config config() {
    return builder().build();
  }

  /** Every tensor in F32 with different values, by name without prefix. */
  static Map<String, OutputTensor> tensors(Gpt2Config config) {
    Map<String, OutputTensor> tensors = new LinkedHashMap<>();
    TensorLayout.of(config).forEach((name, shape) -> tensors.put(name, tensor(name, shape)));
    return tensors;
  }

  static OutputTensor tensor(String name, Shape shape) {
    return tensor(name, DataType.F32, shape, name.hashCode());
  }

  static OutputTensor tensor(String name, DataType type, Shape shape, long seed) {
    return new OutputTensor(
        name,
        type,
        shape,
        type == DataType.I32 ? (_, _) -> {} : new NormalValues(seed, 0, 1, type));
  }

  static OutputTensor renamed(OutputTensor tensor, String name) {
    return new OutputTensor(name, tensor.type(), tensor.shape(), tensor.values());
  }

  static void writeConfig(Path directory, Gpt2Config config) throws IOException {
    Files.write(directory.resolve("config.json"), ConfigWriter.text(config, 0.02, DataType.F32));
  }

  static void writeWeights(Path file, Collection<OutputTensor> tensors) throws IOException {
    SafetensorsWriter.write(file, tensors, Map.of("format", "pt"), 1, _ -> {});
  }

  /** A checkpoint of one file. */
  static void write(Path directory, Gpt2Config config, Collection<OutputTensor> tensors)
      throws IOException {
    writeConfig(directory, config);
    writeWeights(directory.resolve("model.safetensors"), tensors);
  }

  /** An index that places {@code tensors} in {@code shards}, by turns. */
  static String index(Collection<String> tensors, String... shards) {
    StringBuilder map = new StringBuilder();
    int i = 0;
    for (String tensor : tensors) {
      map.append(i == 0 ? "" : ",\n")
          .append("    \"%s\": \"%s\"".formatted(tensor, shards[i++ % shards.length]));
    }
    return "{\n  \"metadata\": {\"total_size\": 1},\n  \"weight_map\": {\n" + map + "\n  }\n}\n";
  }
}
