package gpt2j.model.gpt2;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.config.Gpt2ConfigBuilder;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import gpt2j.testkit.ReferenceBackendProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Random checkpoints of a few thousand parameters. Other than freshly initialised ones, they have
 * biases, gains and weights large enough that attention is peaked and every part moves the logits.
 */
public final class TinyModels {
  public static final int VOCABULARY = 61;
  static final int CONTEXT = 12;

  private static final Tokenizer TOKENIZER = Tokenizer.gpt2();

  private TinyModels() {}

  public static Backend reference() {
    return new ReferenceBackendProvider().open(BackendOptions.defaults());
  }

  /** Two blocks of three heads, 61 tokens, 12 positions; none of its tokens ends a text. */
  public static Gpt2ConfigBuilder config() {
    return Gpt2Config.builder()
        .vocabularySize(VOCABULARY)
        .contextLength(CONTEXT)
        .embeddingWidth(15)
        .layers(2)
        .heads(3)
        .bosToken(OptionalInt.empty())
        .eosTokens(List.of());
  }

  public static Path write(Path parent, Gpt2Config config, long seed) {
    try {
      Path directory = Files.createTempDirectory(parent, "model").resolve("tiny");
      RandomCheckpoint.write(directory, config, seed, DataType.F32, fraction -> {});
      Random random = new Random(seed);
      List<OutputTensor> tensors;
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        tensors =
            checkpoint.names().stream()
                .map(name -> OutputTensor.of(randomize(checkpoint.tensor(name), random)))
                .toList();
      }
      SafetensorsWriter.write(
          directory.resolve("model.safetensors"), tensors, Map.of(), 1, fraction -> {});
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a checkpoint anew, with other values in one tensor. */
  public static void change(Path directory, String tensor, Consumer<float[]> change) {
    try {
      List<OutputTensor> tensors = new ArrayList<>();
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        for (String name : checkpoint.names()) {
          HostTensor before = checkpoint.tensor(name);
          float[] values = new float[(int) before.shape().elements()];
          before.copyTo(0, values, 0, values.length);
          if (name.equals(tensor)) {
            change.accept(values);
          }
          tensors.add(OutputTensor.of(HostTensor.of(name, before.shape(), values)));
        }
      }
      SafetensorsWriter.write(
          directory.resolve("model.safetensors"), tensors, Map.of(), 1, fraction -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HostTensor randomize(HostTensor tensor, Random random) {
    String name = tensor.name().replace("transformer.", "");
    boolean gain = name.matches("(.*\\.)?ln_\\w\\.weight");
    boolean matrix = tensor.shape().rank() == 2;
    double deviation = name.startsWith("w") || name.startsWith("lm_head") ? 1 : matrix ? 0.4 : 0.3;
    float[] values = new float[(int) tensor.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((gain ? 1 : 0) + deviation * random.nextGaussian());
    }
    return HostTensor.of(tensor.name(), tensor.shape(), values);
  }

  /** Loads a checkpoint with a tokenizer that is read once. */
  public static Gpt2 load(Path directory, Backend backend) {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return Gpt2.load(checkpoint, TOKENIZER, backend, LoadOptions.defaults());
    }
  }

  /** Tokens of the vocabulary at random. */
  public static int[] tokens(int count, long seed) {
    return new Random(seed).ints(count, 0, VOCABULARY).toArray();
  }
}
