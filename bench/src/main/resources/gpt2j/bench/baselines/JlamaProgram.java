import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tjake.jlama.model.DistributedContext;
import com.github.tjake.jlama.model.gpt2.GPT2Config;
import com.github.tjake.jlama.model.gpt2.GPT2Model;
import com.github.tjake.jlama.safetensors.Config;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.safetensors.TensorInfo;
import com.github.tjake.jlama.safetensors.WeightLoader;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache.KvBuffer;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import com.github.tjake.jlama.util.JsonSupport;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Jlama on the work that is compared, one sequence at a time. Arguments: the checkpoint's
 * directory, the precision, the threads, Jlama's version. Speaks the protocol of protocol.py.
 */
final class JlamaProgram {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] arguments) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // a library's words aren't answers
    PhysicalCoreExecutor.overrideThreadCount(Integer.parseInt(arguments[2]));
    Model model = Model.load(Path.of(arguments[0]), arguments[1].equals("bf16"));
    String operations = TensorOperationsProvider.get().name();
    answer(out, Map.of("version", "Jlama " + arguments[3] + ", " + operations));
    var in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      answer(out, work(model, MAPPER.readTree(line)));
    }
  }

  private static void answer(PrintStream out, Map<String, ?> answer) throws IOException {
    out.println(MAPPER.writeValueAsString(answer));
    out.flush();
  }

  private static Map<String, ?> work(Model model, JsonNode request) {
    if (request.get("prompts").size() > 1) {
      return Map.of("unsupported", "Jlama decodes one sequence at a time");
    }
    int[] prompt = MAPPER.convertValue(request.get("prompts").get(0), int[].class);
    List<Long> nanos = new ArrayList<>();
    List<Integer> drawn = new ArrayList<>();
    if (request.get("phase").asText().equals("prefill")) {
      for (int i = 0; i < request.get("repetitions").asInt(); i++) {
        drawn.clear();
        long start = System.nanoTime();
        model.generate(prompt, 1, drawn);
        nanos.add(System.nanoTime() - start);
      }
    } else {
      nanos = model.generate(prompt, request.get("new_tokens").asInt(), drawn);
    }
    return Map.of("nanos", nanos, "drawn", drawn);
  }

  private static final class Model extends GPT2Model {
    Model(Config config, WeightLoader weights, DType type) {
      // No tokenizer: prompts are given as tokens, and none is turned into text.
      super(config, weights, null, type, type, Optional.empty());
    }

    static Model load(Path directory, boolean bf16) throws IOException {
      File file = directory.resolve("config.json").toFile();
      Config config = JsonSupport.om.readValue(file, GPT2Config.class);
      Path work = Files.createTempDirectory("jlama");
      work.toFile().deleteOnExit();
      config.setWorkingDirectory(work.toFile());
      WeightLoader weights = SafeTensorSupport.loadWeights(directory.toFile());
      return new Model(config, new Weights(weights, bf16), DType.F32);
    }

    /** Greedy; returns the nanoseconds of each step after the first token. */
    List<Long> generate(int[] prompt, int count, List<Integer> drawn) {
      List<Long> nanos = new ArrayList<>();
      try (KvBuffer cache = kvBufferCache.getEphemeralKvBuffer();
          AbstractTensor logits = makeDenseTensor(c.vocabularySize)) {
        int token;
        try (AbstractTensor hidden = batchForward(prompt, 0, cache)) {
          token = sample(hidden.slice(hidden.shape().first() - 1), 0, 0, logits);
        }
        drawn.add(token);
        for (int position = prompt.length; drawn.size() < count; position++) {
          long start = System.nanoTime();
          try (AbstractTensor hidden = forward(token, position, cache, Optional.empty())) {
            token = sample(hidden, 0, 0, logits);
          }
          drawn.add(token);
          nanos.add(System.nanoTime() - start);
        }
      }
      return nanos;
    }
  }

  /** Weights under names with and without {@code transformer.}; matrices in bfloat16 if wanted. */
  private record Weights(WeightLoader of, boolean bf16) implements WeightLoader {
    private static final String PREFIX = "transformer.";

    private String name(String name) {
      return of.isWeightPresent(name) ? name : PREFIX + name;
    }

    @Override
    public Map<String, String> metadata() {
      return of.metadata();
    }

    @Override
    public Map<String, TensorInfo> tensorInfoMap() {
      return of.tensorInfoMap();
    }

    @Override
    public boolean isWeightPresent(String name) {
      return of.isWeightPresent(name(name));
    }

    @Override
    public AbstractTensor load(
        String name, DistributedContext part, boolean rows, boolean columns) {
      AbstractTensor tensor = of.load(name(name), part, rows, columns);
      return bf16 && tensor.shape().first() > 1 ? tensor.quantize(DType.BF16) : tensor;
    }

    @Override
    public DType getModelDType() {
      return bf16 ? DType.BF16 : of.getModelDType();
    }

    @Override
    public void close() throws Exception {
      of.close();
    }
  }
}
