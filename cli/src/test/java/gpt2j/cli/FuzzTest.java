package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.io.OneLine;
import gpt2j.testkit.Allocation;
import gpt2j.testkit.Mutations;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Damaged files of every kind that a command reads, and command lines that nobody would write: each
 * is refused in one line, or works. A million: {@code -Dgpt2j.test.mutants=1000000}; from another
 * seed on: {@code -Dgpt2j.test.seed=N}; only files whose path begins so: {@code
 * -Dgpt2j.test.files=gguf/}.
 */
class FuzzTest {
  /** Models of other formats, among what the tests of the model read. */
  private static final List<String> OTHER_MODELS =
      List.of(
          "gguf/q8_0.gguf",
          "gguf/k-quants.gguf",
          "gguf/parts-00001-of-00003.gguf",
          "gguf/parts-00002-of-00003.gguf",
          "torch/nanogpt.pt",
          "torch/views.pt",
          "llmc/bf16.bin",
          "tensorflow/model.ckpt.index",
          "tensorflow/compressed.ckpt.index",
          "tensorflow/parts.ckpt.index");

  private static final List<String> PARTS_OF_OTHERS =
      List.of(
          "gguf/parts-00003-of-00003.gguf",
          "torch/sharded/pytorch_model-00001-of-00004.bin",
          "torch/sharded/pytorch_model-00002-of-00004.bin",
          "torch/sharded/pytorch_model-00003-of-00004.bin",
          "torch/sharded/pytorch_model-00004-of-00004.bin",
          "torch/sharded/pytorch_model.bin.index.json",
          "tensorflow/parts.ckpt.data-00000-of-00003",
          "tensorflow/parts.ckpt.data-00001-of-00003",
          "tensorflow/parts.ckpt.data-00002-of-00003",
          "tensorflow/model.ckpt.data-00000-of-00001",
          "tensorflow/hparams.json",
          "tensorflow/encoder.json",
          "tensorflow/vocab.bpe");

  private static final int MUTANTS = Integer.getInteger("gpt2j.test.mutants", 300);
  private static final long SEED = Long.getLong("gpt2j.test.seed", 1);

  private static final String FILES = System.getProperty("gpt2j.test.files", "");

  private static final long PATIENCE_SECONDS = 120;
  private static final long MOST_BYTES = 64 << 20;
  private static final long MOST_BYTES_PER_BYTE = 2048;

  private static final int MOST_FAILURES = 20;

  private static final List<String> COMMANDS =
      List.of(
          "generate --backend=reference --model=@/model --prompt=Hi",
          "score --backend=reference --model=@/model Hello",
          "tokenize --model=@/model Hello",
          "init --n-layer=1 --n-head=1 --n-embd=4 --n-ctx=4 --out=@/out",
          "convert --model=@/model --out=@/out",
          "stories --bytes=1k",
          "prepare @/corpus.txt --model=@/model --out=@/out",
          "baseline @/data");

  private static final List<String> VALUES =
      List.of(
          "",
          " ",
          "0",
          "-0",
          "1",
          "2",
          "-1",
          "0.5",
          "1e9",
          "1e-9",
          "NaN",
          "Infinity",
          "0x1",
          "1_0",
          "99999999999999999999",
          "2147483648",
          "١",
          "true",
          "no",
          "a",
          "é\uD83D\uDE00",
          "\uD800",
          "\0",
          "\u001B[31m",
          "-",
          "--",
          "=",
          ",",
          "1,2",
          "1,,2",
          "'",
          "%s",
          "${x}",
          "@/model",
          "@/corpus.txt",
          "@/corpus.jsonl",
          "@/data",
          "@/none",
          "f32",
          "bf16",
          "json",
          "bytes");

  private static final String[] GENERATE = {
    "generate", "--backend=reference", "--prompt=Hi", "--max-new-tokens=2", "--seed=1"
  };

  @TempDir private static Path folder;
  private static final List<Subject> SUBJECTS = new ArrayList<>();

  /**
   * A file and what reads it.
   *
   * @param command with {@code @} for the folder
   */
  private record Subject(String file, boolean json, List<String> command) {
    Path path() {
      return folder.resolve(file);
    }

    String[] arguments() {
      return command.stream()
          .map(argument -> argument.replace("@", folder.toString()))
          .toArray(String[]::new);
    }
  }

  @BeforeAll
  static void prepare() throws IOException {
    String[] shape = {
      "--n-layer=1",
      "--n-head=2",
      "--n-embd=8",
      "--n-ctx=16",
      "--vocab-size=" + TrainingData.VOCABULARY
    };
    Path data = TrainingData.bytes(folder.resolve("shards"));
    Path model = Checkpoints.init(folder.resolve("model"), shape);
    TrainingData.withVocabulary(model);
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [256]}");
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        "{\"add_prefix_space\": false, \"added_tokens_decoder\": {\"256\": {\"content\":"
            + " \"<|endoftext|>\", \"special\": true}}}");
    Files.writeString(
        model.resolve("special_tokens_map.json"), "{\"eos_token\": \"<|endoftext|>\"}");
    Path pair = Checkpoints.init(folder.resolve("pair"), shape);
    Files.writeString(pair.resolve("vocab.json"), "{\"H\": 0, \"i\": 1, \"Hi\": 2}");
    Files.writeString(pair.resolve("merges.txt"), "#version: 0.2\nH i\n");
    Files.writeString(pair.resolve("added_tokens.json"), "{\"<|endoftext|>\": 3}");
    Path sharded = Checkpoints.init(folder.resolve("sharded"), shape);
    Files.move(sharded.resolve("model.safetensors"), sharded.resolve("a.safetensors"));
    Files.writeString(sharded.resolve("model.safetensors.index.json"), index());
    TrainingData.withVocabulary(sharded);
    otherFormats();
    Files.writeString(folder.resolve("corpus.txt"), "Once upon\n<|endoftext|>\na time\n".repeat(9));
    Files.writeString(folder.resolve("corpus.jsonl"), "{\"text\": \"Once upon\"}\n".repeat(9));
    run(0, "prepare", "@/corpus.txt", "--vocabulary=bytes", "--out=@/data");
    CliRun.Result trained =
        TrainTest.train(
            data, folder.resolve("run"), "--max-steps=2", "--checkpoint-interval=1", "--keep=1");
    assertEquals(0, trained.exitCode(), trained.err());
    run(0, bench("throughput", "--model=@/model", "--out=@/result"));
    Files.writeString(
        folder.resolve("settings.json"), "{\"batch_size\": 2, \"dropout\": 0.1, \"seed\": 3}");
    Files.writeString(folder.resolve("ids.txt"), "1,2 3");
    subjects();
  }

  /** The small models of other formats that the tests of the model read. */
  private static void otherFormats() throws IOException {
    Path files = Path.of("../model-gpt2/src/test/resources/gpt2j/model/gpt2");
    for (String file : Stream.concat(OTHER_MODELS.stream(), PARTS_OF_OTHERS.stream()).toList()) {
      Path copy = folder.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(files.resolve(file), copy);
    }
    Path data = folder.resolve("tensorflow/model.ckpt.data-00000-of-00001");
    Files.copy(data, data.resolveSibling("compressed.ckpt.data-00000-of-00001"));
    Files.writeString(
        folder.resolve("torch/sharded/config.json"),
        "{\"n_embd\": 32, \"n_layer\": 2, \"n_head\": 4, \"n_inner\": 64, \"n_positions\": 16,"
            + " \"vocab_size\": 300}");
  }

  private static String[] bench(String name, String... options) {
    return TinyModel.join(
        new String[] {"bench", name},
        TinyModel.join(
            new String[] {
              "--backend=reference",
              "--repetitions=1",
              "--warmup=0",
              "--prompt-tokens=2",
              "--new-tokens=2"
            },
            options));
  }

  private static String index() {
    StringBuilder names = new StringBuilder();
    List<String> parts = new ArrayList<>(List.of("wte.weight", "wpe.weight"));
    for (String part :
        List.of(
            "ln_1.weight",
            "ln_1.bias",
            "attn.c_attn.weight",
            "attn.c_attn.bias",
            "attn.c_proj.weight",
            "attn.c_proj.bias",
            "ln_2.weight",
            "ln_2.bias",
            "mlp.c_fc.weight",
            "mlp.c_fc.bias",
            "mlp.c_proj.weight",
            "mlp.c_proj.bias")) {
      parts.add("h.0." + part);
    }
    parts.addAll(List.of("ln_f.weight", "ln_f.bias"));
    for (String part : parts) {
      names.append(names.isEmpty() ? "" : ", ");
      names.append("\"transformer.%s\": \"a.safetensors\"".formatted(part));
    }
    return "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + names + "}}";
  }

  private static void subjects() {
    for (String file : List.of("config.json", "generation_config.json", "model.safetensors")) {
      add("model/" + file, TinyModel.join(GENERATE, "--model=@/model"));
      add("model/" + file, "score", "--backend=reference", "--model=@/model", "Hello");
      add("model/" + file, "convert", "--model=@/model", "--dtype=bf16", "--out=@/out");
    }
    for (String file :
        List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")) {
      add("model/" + file, TinyModel.join(GENERATE, "--model=@/model"));
      add("model/" + file, "tokenize", "--model=@/model", "--special", "Hi<|endoftext|>");
      add("model/" + file, "prepare", "@/corpus.txt", "--model=@/model", "--out=@/out");
      add("model/" + file, "convert", "--model=@/model", "--out=@/out");
    }
    for (String file : List.of("vocab.json", "merges.txt", "added_tokens.json")) {
      add("pair/" + file, "tokenize", "--model=@/pair", "Hi");
      add("pair/" + file, "tokenize", "--model=@/pair", "--decode=2");
    }
    add("sharded/model.safetensors.index.json", TinyModel.join(GENERATE, "--model=@/sharded"));
    add("sharded/a.safetensors", "convert", "--model=@/sharded", "--out=@/out");
    for (String file : OTHER_MODELS) {
      addOther(file, file);
    }
    for (String file :
        List.of("model.ckpt.data-00000-of-00001", "hparams.json", "encoder.json", "vocab.bpe")) {
      addOther("tensorflow/" + file, "tensorflow");
    }
    addOther("gguf/parts-00003-of-00003.gguf", "gguf/parts-00001-of-00003.gguf");
    addOther("tensorflow/parts.ckpt.data-00001-of-00003", "tensorflow/parts.ckpt.index");
    for (String file :
        List.of("pytorch_model-00002-of-00004.bin", "pytorch_model.bin.index.json")) {
      addOther("torch/sharded/" + file, "torch/sharded");
    }
    for (String file : List.of("corpus.txt", "corpus.jsonl")) {
      add(file, "prepare", "@/" + file, "--vocabulary=bytes", "--out=@/out");
      add(file, "prepare", "@/" + file, "--vocab-size=270", "--out=@/out");
    }
    for (String file : List.of("data.json", "train.bin", "val.bin", "tokenizer.json")) {
      add("data/" + file, "baseline", "@/data");
      add("data/" + file, train("--data=@/data"));
    }
    add("settings.json", train("--data=@/shards", "--config=@/settings.json"));
    for (String file :
        List.of(
            "run/settings.json",
            "run/metrics.jsonl",
            "run/step-000002/training.json",
            "run/step-000002/config.json",
            "run/step-000002/optimizer.safetensors",
            "run/step-000002/model.safetensors")) {
      add(
          file,
          "train",
          "--resume=@/run",
          "--data=@/shards",
          "--backend=reference",
          "--max-steps=2",
          "--eval-batches=1",
          "--sample-tokens=2");
    }
    add(
        "result/result.json",
        "bench",
        "compare",
        "@/result/result.json",
        "@/result/result.json",
        "--out=@/out");
    add("result/result.json", "bench", "throughput", "--resume=@/result");
    add("corpus.txt", TinyModel.join(GENERATE, "--model=@/model", "--max-new-tokens=1"));
    add("corpus.txt", "tokenize", "--file=@/corpus.txt");
  }

  private static void addOther(String file, String model) {
    String option = "--model=@/" + model;
    add(
        file,
        "generate",
        "--backend=reference",
        "--token-ids=1,2",
        "--max-new-tokens=2",
        "--seed=1",
        option);
    add(file, "convert", option, "--dtype=bf16", "--out=@/out");
    add(file, "convert", option, "--dtype=q8_0", "--report", "--out=@/out.gguf");
    add(file, "tokenize", option, "Hello");
  }

  private static String[] train(String... options) {
    return TinyModel.join(
        new String[] {
          "train",
          "--backend=reference",
          "--n-layer=1",
          "--n-head=1",
          "--n-embd=4",
          "--n-ctx=4",
          "--max-steps=1",
          "--eval-batches=1",
          "--eval-interval=1",
          "--sequence-length=2",
          "--out=@/out"
        },
        options);
  }

  private static void add(String file, String... command) {
    boolean json = file.endsWith(".json") || file.endsWith(".jsonl");
    Subject subject = new Subject(file, json, List.of(command));
    if (Files.exists(subject.path()) && file.matches(FILES + ".*")) {
      SUBJECTS.add(subject);
    }
  }

  private static CliRun.Result run(int exitCode, String... command) {
    CliRun.Result result = CliRun.cli(new Subject("", false, List.of(command)).arguments());
    assertEquals(exitCode, result.exitCode(), result.err());
    return result;
  }

  /** A command that doesn't end. */
  private static final class Hangs extends AssertionError {
    private static final long serialVersionUID = 1L;

    Hangs(String what, StackTraceElement... where) {
      super("hangs: " + what);
      setStackTrace(where);
    }
  }

  private record Trial(CliRun.Result result, long allocated) {}

  @Test
  void damagedFilesAreRefusedInOneLineOrRead() throws Exception {
    Map<String, int[]> outcomes = new TreeMap<>();
    List<String> failures = new ArrayList<>();
    try (ExecutorService worker = Executors.newSingleThreadExecutor()) {
      for (long seed = SEED; seed < SEED + MUTANTS; seed++) {
        Random random = new Random(seed);
        Subject subject = SUBJECTS.get((int) (seed % SUBJECTS.size()));
        byte[] good = Files.readAllBytes(subject.path());
        byte[] bad = damage(good, subject.json(), random);
        Files.write(subject.path(), bad);
        try {
          String what =
              "seed %d, %s, %s"
                  .formatted(seed, subject.file(), String.join(" ", subject.command()));
          Trial trial = trial(worker, what, subject.arguments());
          String shown = what + ", " + shown(bad);
          check(trial.result(), shown);
          long most = MOST_BYTES + MOST_BYTES_PER_BYTE * bad.length;
          // Settings ask for large batches, say; who trains measures products of large matrices.
          boolean asks =
              subject.file().endsWith("settings.json")
                  || trial.result().exitCode() == 0 && subject.command().getFirst().equals("train");
          assertTrue(
              asks || trial.allocated() < most, () -> trial.allocated() + " bytes: " + shown);
          outcomes
              .computeIfAbsent(subject.command().getFirst(), _ -> new int[3])[
              trial.result().exitCode()]++;
        } catch (AssertionError e) {
          if (failures.size() == MOST_FAILURES || e instanceof Hangs) {
            throw e;
          }
          failures.add(e.getMessage());
        } finally {
          Files.write(subject.path(), good);
          clean();
        }
      }
    }
    assertEquals("", String.join("\n\n", failures));
    // Else the damage would be none, or so great that no check but the first is reached.
    int[] all = new int[3];
    outcomes.values().forEach(each -> Arrays.setAll(all, i -> all[i] + each[i]));
    assertTrue(all[0] > MUTANTS / 50 && all[1] + all[2] > MUTANTS / 10, () -> shown(outcomes));
    if (MUTANTS > 1000) {
      System.err.println(MUTANTS + " mutants from seed " + SEED + ": " + shown(outcomes));
    }
  }

  @Test
  void commandLinesAreRefusedInOneLineOrDone() throws Exception {
    Map<String, CommandLine> all = CliRun.commandLine().getSubcommands();
    int[] codes = new int[3];
    List<String> here = here();
    try (ExecutorService worker = Executors.newSingleThreadExecutor()) {
      for (long seed = SEED; seed < SEED + MUTANTS; seed++) {
        Random random = new Random(seed);
        String command = one(COMMANDS, random).replace("@", folder.toString());
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        CommandSpec spec = all.get(arguments.getFirst()).getCommandSpec();
        for (int i = random.nextInt(4); i > 0; i--) {
          int at = 1 + random.nextInt(arguments.size());
          arguments.add(at, argument(spec, random));
        }
        arguments.removeIf("--debug"::equals);
        String what = "seed %d: %s".formatted(seed, OneLine.of(arguments.toString()));
        Trial trial = trial(worker, what, arguments.toArray(String[]::new));
        check(trial.result(), what);
        codes[trial.result().exitCode()]++;
        clean();
      }
    }
    assertTrue(
        codes[0] > MUTANTS / 50 && codes[1] + codes[2] > MUTANTS / 10,
        () -> Arrays.toString(codes));
    assertEquals(here, here(), "what is in the working directory");
  }

  private static List<String> here() {
    String[] names = new File("").getAbsoluteFile().list();
    return Stream.of(names).sorted().toList();
  }

  /** Anything but an output that isn't in the folder. */
  private static String argument(CommandSpec spec, Random random) {
    String value = one(VALUES, random).replace("@", folder.toString());
    if (random.nextInt(4) == 0) {
      return value;
    }
    String option = one(spec.options(), random).longestName();
    if (option.equals("--out")) {
      return "--out=" + folder.resolve("out"); // alone, it would take what follows
    }
    return random.nextInt(10) == 0 ? option : option + "=" + value;
  }

  private static <T> T one(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }

  private static String shown(Map<String, int[]> outcomes) {
    StringBuilder text = new StringBuilder();
    outcomes.forEach((name, codes) -> text.append(name).append(Arrays.toString(codes)).append(' '));
    return text.toString();
  }

  private static byte[] damage(byte[] good, boolean json, Random random) {
    Mutations mutations = new Mutations(random);
    return json && random.nextInt(4) > 0
        ? mutations.json(new String(good, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8)
        : mutations.bytes(good);
  }

  private static String shown(byte[] bytes) {
    return bytes.length > 2000
        ? bytes.length + " bytes"
        : new String(bytes, StandardCharsets.UTF_8) + " = " + HexFormat.of().formatHex(bytes);
  }

  private static Trial trial(ExecutorService worker, String what, String... arguments)
      throws Exception {
    CliRun run = new CliRun();
    Thread[] thread = new Thread[1];
    var result =
        worker.submit(
            () -> {
              thread[0] = Thread.currentThread();
              Allocation allocation = new Allocation();
              long before = allocation.bytes();
              return new Trial(run.run(arguments), allocation.bytes() - before);
            });
    try {
      return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      run.interruption().request();
      throw new Hangs(what, thread[0].getStackTrace());
    }
  }

  private static void check(CliRun.Result result, String what) {
    String err = result.err();
    assertTrue(result.exitCode() >= 0 && result.exitCode() <= 2, () -> result.exitCode() + what);
    assertTrue(!err.contains("internal error"), () -> err + what);
    assertTrue(
        err.chars().noneMatch(c -> c != '\n' && Character.isISOControl(c)), () -> err + what);
    // Notes, and what training says before it fails, are lines, too.
    assertTrue(
        err.lines().allMatch(line -> line.startsWith("gpt2j: ") && line.length() < 1100),
        () -> err + what);
    assertTrue(result.exitCode() == 0 || result.errors().size() == 1, () -> err + what);
  }

  /** Deletes what a command wrote; nothing may be left to the side. */
  private static void clean() throws IOException {
    try (var all = Files.list(folder)) {
      assertEquals(
          List.of(), all.filter(path -> path.getFileName().toString().startsWith(".")).toList());
    }
    Files.deleteIfExists(folder.resolve("out.gguf"));
    Path out = folder.resolve("out");
    if (!Files.exists(out)) {
      return;
    }
    Files.walkFileTree(
        out,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
