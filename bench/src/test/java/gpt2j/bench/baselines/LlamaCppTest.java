package gpt2j.bench.baselines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.BFloat16;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.fake.FakeBench;
import gpt2j.bench.fake.FakeDevice;
import gpt2j.bench.fake.Latencies;
import gpt2j.bench.fake.VirtualTime;
import gpt2j.bench.result.Phase;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Its file holds the checkpoint's numbers; its benchmarks' results are understood. */
final class LlamaCppTest {
  @TempDir Path folder;

  private Conditions conditions() {
    VirtualTime time = new VirtualTime();
    FakeBench bench =
        new FakeBench(folder, time, new FakeDevice("fake", time, new Latencies(1)).alone());
    Path model = Path.of(bench.model());
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      return new Conditions(
          bench.context(),
          model,
          checkpoint.config(),
          WeightFormat.F32,
          2,
          false,
          0,
          Duration.ofSeconds(60));
    }
  }

  /** A tensor of the file: sizes from the innermost outwards, and its numbers. */
  private record Found(List<Long> sizes, int type, float[] values) {}

  /** Reads the file as its specification says, in a way of its own. */
  private static Map<String, Found> read(Path file, Map<String, Object> values) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0x46554747, in.getInt());
    assertEquals(3, in.getInt());
    long tensors = in.getLong();
    long count = in.getLong();
    for (int i = 0; i < count; i++) {
      String key = string(in);
      values.put(
          key,
          switch (in.getInt()) {
            case 4 -> in.getInt();
            case 6 -> in.getFloat();
            case 8 -> string(in);
            default -> throw new AssertionError("type of " + key);
          });
    }
    record Info(String name, List<Long> sizes, int type, long offset) {}
    List<Info> infos = new ArrayList<>();
    for (int i = 0; i < tensors; i++) {
      String name = string(in);
      List<Long> sizes = new ArrayList<>();
      for (int d = in.getInt(); d > 0; d--) {
        sizes.add(in.getLong());
      }
      infos.add(new Info(name, sizes, in.getInt(), in.getLong()));
    }
    int base = (in.position() + 31) / 32 * 32;
    Map<String, Found> found = new LinkedHashMap<>();
    for (Info info : infos) {
      assertEquals(0, info.offset() % 32);
      in.position(Math.toIntExact(base + info.offset()));
      float[] numbers =
          new float[Math.toIntExact(info.sizes().stream().reduce(1L, Math::multiplyExact))];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] =
            switch (info.type()) {
              case 0 -> in.getFloat();
              case 1 -> Float.float16ToFloat(in.getShort());
              case 30 -> BFloat16.toFloat(in.getShort());
              default -> throw new AssertionError("type of " + info.name());
            };
      }
      found.put(info.name(), new Found(info.sizes(), info.type(), numbers));
    }
    assertEquals(0, in.capacity() % 32);
    return found;
  }

  private static String string(ByteBuffer in) {
    byte[] bytes = new byte[Math.toIntExact(in.getLong())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(names = "I32", mode = EnumSource.Mode.EXCLUDE)
  void theFileHoldsTheCheckpoint(DataType type) throws Exception {
    Path file = folder.resolve("model.gguf");
    Map<String, Object> values = new LinkedHashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(conditions().model())) {
      LlamaCpp.write(checkpoint, WeightFormat.valueOf(type.name()), file);
      Map<String, Found> found = read(file, values);
      assertEquals(12 * FakeBench.LAYERS + 5, found.size());
      HostTensor fc = checkpoint.tensor("h.1.mlp.c_fc.weight"); // [8, 32]
      Found up = found.get("blk.1.ffn_up.weight");
      assertEquals(List.of(8L, 32L), up.sizes());
      for (int in = 0; in < 8; in++) {
        for (int out = 0; out < 32; out++) {
          assertEquals(type.round(fc.get(in * 32L + out)), up.values()[out * 8 + in]);
        }
      }
      assertArrayEquals(
          all(checkpoint.tensor("h.2.attn.c_attn.bias")),
          found.get("blk.2.attn_qkv.bias").values());
      assertArrayEquals(
          all(checkpoint.tensor("wpe.weight")), found.get("position_embd.weight").values());
      assertEquals(List.of(8L, 50L), found.get("token_embd.weight").sizes());
      assertArrayEquals(
          found.get("token_embd.weight").values(), found.get("output.weight").values());
    }
    assertEquals("gpt2", values.get("general.architecture"));
    assertEquals(50, values.get("gpt2.vocab_size"));
    assertEquals(2, values.get("gpt2.attention.head_count"));
    assertEquals(1e-5f, values.get("gpt2.attention.layer_norm_epsilon"));
  }

  private static float[] all(HostTensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    tensor.copyTo(0, values, 0, values.length);
    return values;
  }

  @Test
  void whatItCannotComputeIsRefused() {
    Path model = folder.resolve("other");
    Gpt2Config config =
        Gpt2Config.builder()
            .layers(1)
            .heads(1)
            .embeddingWidth(4)
            .contextLength(8)
            .vocabularySize(9)
            .activation(GeluForm.ERF)
            .build();
    RandomCheckpoint.write(model, config, 0, DataType.F32, fraction -> {});
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      Path file = folder.resolve("other.gguf");
      assertThrows(
          ProgramException.class, () -> LlamaCpp.write(checkpoint, WeightFormat.F32, file));
    }
  }

  @Test
  void itsResultsAreUnderstood() throws Exception {
    FakePrograms fakes = new FakePrograms(folder);
    Path bench =
        fakes.file(
            "llama-bench",
            """
            #!/bin/sh
            echo "$*" >> '%1$s'
            case $1 in
              --help) echo '  -d, --n-depth <n>' ;;
              *) echo '[ { "build_number": 4567, "build_commit": "abc", "backends": "CPU",'
                 echo '"samples_ns": [ 8000, 8400 ] } ]' ;;
            esac
            """
                .formatted(folder.resolve("calls")));
    fakes.file(
        "llama-batched-bench",
        """
        #!/bin/sh
        echo "$*" >> '%s'
        echo 'main: some words'
        echo '{"pp": 6, "tg": 4, "pl": 3, "t_pp": 0.5, "t_tg": 0.000020}'
        """
            .formatted(folder.resolve("calls")));
    try (RunningProgram open = new LlamaCpp(bench.toString()).open(conditions())) {
      assertEquals("llama.cpp build 4567 (abc), CPU", open.version());
      assertEquals(
          List.of(8000L, 8400L), open.measure(new Work(Phase.PREFILL, 1, 12, 1, 2)).nanos());
      assertEquals(List.of(2000L, 2100L), open.measure(new Work(Phase.DECODE, 1, 6, 5, 1)).nanos());
      assertEquals(List.of(5000L), open.measure(new Work(Phase.DECODE, 3, 6, 5, 1)).nanos());
    }
    List<String> calls = Files.readAllLines(folder.resolve("calls"));
    assertTrue(calls.get(2).contains(" -t 2 -ngl 0 -o json -p 12 -n 0 -r 2"), calls.get(2));
    assertTrue(calls.get(3).contains(" -p 0 -n 4 -d 6 -r 1"), calls.get(3));
    assertTrue(calls.get(4).contains(" -c 30 -npp 6 -ntg 4 -npl 3 -t 2 "), calls.get(4));
    Path file = Path.of(calls.get(2).split(" ")[1]);
    assertTrue(Files.notExists(file), "the file is removed");
  }
}
