package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.convert.Conversion;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What transformers takes with a warning is taken with a note, and computes what it computes. */
class CheckpointNotesTest {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path directory;

  private final Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());

  private void put(String name, DataType type, int... sizes) {
    tensors.put(name, Tiny.tensor(name, type, Shape.of(sizes), 1));
  }

  private void assertNotes(String... notes) throws IOException {
    Tiny.write(directory, Tiny.config(), tensors.values());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertNotes(checkpoint, notes);
    }
  }

  private void assertNotes(Checkpoint checkpoint, String... notes) {
    assertEquals(
        Arrays.stream(notes).map(note -> directory + ": " + note).toList(), checkpoint.notes());
    assertEquals(Tiny.tensors(Tiny.config()).keySet(), checkpoint.names());
  }

  @Test
  void nothingOddIsNothingNoted() throws IOException {
    assertNotes();
  }

  @Test
  void aModelWithoutBiasesHasThemAsZero() throws IOException {
    tensors.keySet().removeIf(name -> name.endsWith(".bias"));
    assertNotes(
        SINGLE + ": 13 biases are missing and taken as 0 (h.0.ln_1.bias, h.0.attn.c_attn.bias …)");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      for (Map.Entry<String, Shape> each : TensorLayout.of(Tiny.config()).entrySet()) {
        HostTensor tensor = checkpoint.tensor(each.getKey());
        assertEquals(each.getValue(), tensor.shape());
        assertEquals(each.getKey(), tensor.name());
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.copyTo(0, values, 0, values.length);
        if (each.getKey().endsWith(".bias")) {
          assertArrayEquals(new float[values.length], values);
        }
      }
      assertEquals(4 * Tiny.config().parameters(), checkpoint.bytes());
    }
  }

  @Test
  void anyBiasMayBeMissing() throws IOException {
    tensors.remove("h.1.ln_2.bias");
    assertNotes(SINGLE + ": 1 bias is missing and taken as 0 (h.1.ln_2.bias)");
  }

  @Test
  void biasesOfNormsMayBeMissing() throws IOException {
    tensors.keySet().removeIf(name -> name.matches(".*ln_.*bias"));
    assertNotes(SINGLE + ": 5 biases are missing and taken as 0 (h.0.ln_1.bias, h.0.ln_2.bias …)");
  }

  @Test
  void everyWeightMustBeThere() throws IOException {
    for (String name : Tiny.tensors(Tiny.config()).keySet()) {
      if (name.endsWith(".weight")) {
        Map<String, OutputTensor> others = Tiny.tensors(Tiny.config());
        others.remove(name);
        Tiny.write(directory, Tiny.config(), others.values());
        assertEquals(
            directory + ": tensor " + name + " is missing",
            assertThrows(CheckpointException.class, () -> Checkpoint.open(directory)).getMessage());
      }
    }
  }

  @Test
  void strangersAreLeftOut() throws IOException {
    put("score.weight", DataType.F32, 2, 6);
    put("v_head.summary.bias", DataType.I32, 1);
    put("transformer.h.2.ln_1.bias", DataType.F16, 6);
    put("lm_head.bias", DataType.F32, 11);
    put("multiple_choice_head.summary.weight", DataType.F32, 1, 6);
    assertNotes(
        SINGLE
            + ": 5 tensors are no part of the model that config.json describes, and left out"
            + " (lm_head.bias, multiple_choice_head.summary.weight …)");
  }

  @Test
  void aStrangerIsNamedInOneLine() throws IOException {
    put("a\nb", DataType.F32, 1);
    assertNotes(
        SINGLE
            + ": 1 tensor is no part of the model that config.json describes, and left out"
            + " (a\uFFFDb)");
  }

  /** Every GPT-2 that is old enough has them, and they say nothing that isn't so anyway. */
  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "BF16", "I32"})
  void masksAreNotWorthANote(DataType type) throws IOException {
    put("h.0.attn.bias", type, 1, 1, 5, 5);
    put("transformer.h.1.attn.bias", type, 3);
    put("h.0.attn.masked_bias", type, 1);
    put("h.7.attn.masked_bias", type, 7, 2);
    assertNotes();
  }

  @Test
  void eachKindHasItsNote() throws IOException {
    tensors.remove("ln_f.bias");
    put("score.weight", DataType.F32, 2, 6);
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(index -> index.replace("\"score.weight\"", "\"score.bias\""));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertNotes(
          checkpoint,
          INDEX + ": 1 bias is missing and taken as 0 (ln_f.bias)",
          INDEX
              + ": 1 tensor is no part of the model that config.json describes, and left out"
              + " (score.weight)",
          INDEX
              + ": 2 tensors are not where it says; what the files hold is taken (score.weight,"
              + " score.bias)");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"h.0.attn.bias", "transformer.h.1.attn.masked_bias", "score.weight", "h.7.x"})
  void anIndexMayNameWhatTheModelHasNot(String name) throws IOException {
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(index -> index.replaceFirst("\\{\n    ", "{\n    \"" + name + "\": \"a.safetensors\","));
    assertMisplaced(name);
  }

  @Test
  void aShardMayHoldWhatTheIndexHasNot() throws IOException {
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(index -> index.replaceFirst("\"wte.weight\": \"[^\"]*\",", ""));
    assertMisplaced("wte.weight");
  }

  @Test
  void aMaskInAShardMayBeMissingInTheIndex() throws IOException {
    put("h.0.attn.bias", DataType.F32, 1, 1, 5, 5);
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(index -> index.replaceFirst(",\\s*\"h.0.attn.bias\": \"[^\"]*\"", ""));
    assertMisplaced("h.0.attn.bias");
  }

  @Test
  void anIndexMayNameAnotherShard() throws IOException {
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(index -> index.replace("\"wte.weight\": \"a.", "\"wte.weight\": \"b."));
    assertMisplaced("wte.weight");
  }

  @Test
  void twoShardsMayHoldTheSameMask() throws IOException {
    put("h.0.attn.bias", DataType.F32, 5);
    writeShards(tensors, "a.safetensors", "b.safetensors");
    for (int shard = 0; shard < 2; shard++) {
      Map<String, OutputTensor> part = new LinkedHashMap<>();
      part.put("h.0.attn.bias", tensors.get("h.0.attn.bias"));
      everyOther(tensors, shard).forEach(tensor -> part.put(tensor.name(), tensor));
      Tiny.writeWeights(directory.resolve("ab".charAt(shard) + ".safetensors"), part.values());
    }
    assertMisplaced("h.0.attn.bias");
  }

  private void assertMisplaced(String name) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertNotes(
          checkpoint,
          INDEX + ": 1 tensor is not where it says; what the files hold is taken (" + name + ")");
      var bytes = MemorySegment.ofArray(new byte[264]);
      tensors.get("wte.weight").values().store(0, bytes);
      assertEquals(-1, bytes.mismatch(checkpoint.tensor("wte.weight").data()));
    }
  }

  private void writeShards(Map<String, OutputTensor> all, String... shards) throws IOException {
    Tiny.writeConfig(directory, Tiny.config());
    for (int shard = 0; shard < 2; shard++) {
      Tiny.writeWeights(directory.resolve(shards[shard]), everyOther(all, shard));
    }
    Files.writeString(directory.resolve(INDEX), Tiny.index(all.keySet(), shards));
  }

  private static List<OutputTensor> everyOther(Map<String, OutputTensor> all, int first) {
    List<OutputTensor> list = List.copyOf(all.values());
    return IntStream.range(0, list.size()).filter(i -> i % 2 == first).mapToObj(list::get).toList();
  }

  private void index(UnaryOperator<String> change) throws IOException {
    String before = Files.readString(directory.resolve(INDEX));
    String after = change.apply(before);
    assertFalse(before.equals(after), before);
    Files.writeString(directory.resolve(INDEX), after);
  }

  @Test
  void doublesAreRounded() throws IOException {
    Tiny.write(directory, Tiny.config(), tensors.values());
    asDoubles(1);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertNotes(
          checkpoint,
          SINGLE + ": 28 tensors are F64 and rounded to float32 (wte.weight, wpe.weight …)");
      for (Map.Entry<String, OutputTensor> each : tensors.entrySet()) {
        HostTensor tensor = checkpoint.tensor(each.getKey());
        assertEquals(DataType.F32, tensor.type());
        float[] values = new float[(int) tensor.shape().elements()];
        tensor.copyTo(0, values, 0, values.length);
        assertArrayEquals(floats(each.getValue()), values, each.getKey());
      }
    }
  }

  @Test
  void doublesThatNoFloatComesNearAreRefusedByName() throws IOException {
    Tiny.write(directory, Tiny.config(), tensors.values());
    asDoubles(1e60);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> checkpoint.tensor("h.1.ln_2.bias").data());
      String start = directory + ": model.safetensors: tensor h.1.ln_2.bias has ";
      assertTrue(e.getMessage().startsWith(start), e.getMessage());
      assertTrue(e.getMessage().endsWith(", which float32 can't hold"), e.getMessage());
    }
  }

  private static float[] floats(OutputTensor tensor) {
    var bytes = MemorySegment.ofArray(new byte[(int) tensor.shape().elements() * Float.BYTES]);
    tensor.values().store(0, bytes);
    return bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
  }

  /** Writes the file again with values in F64. */
  private void asDoubles(double factor) throws IOException {
    StringBuilder header = new StringBuilder("{");
    var data = new ByteArrayOutputStream();
    for (OutputTensor tensor : tensors.values()) {
      int begin = data.size();
      for (float value : floats(tensor)) {
        // What rounding takes away again.
        double near = value * (1 + 1e-9) * factor;
        data.writeBytes(
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(near).array());
      }
      header.append(
          "%s\"%s\":{\"dtype\":\"F64\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(begin == 0 ? "" : ",", tensor.name(), tensor.shape(), begin, data.size()));
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    var file = new ByteArrayOutputStream();
    file.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
    file.writeBytes(text);
    file.writeBytes(data.toByteArray());
    Files.write(directory.resolve(SINGLE), file.toByteArray());
  }

  @Test
  void theConversionOfAnOddCheckpointIsPlain() throws IOException {
    tensors.keySet().removeIf(name -> name.endsWith(".bias"));
    put("score.weight", DataType.F32, 2, 6);
    Tiny.write(directory, Tiny.config(), tensors.values());
    Path copy = directory.resolve("copy");
    List<String> notes = new ArrayList<>();
    new Conversion(directory, copy, Target.HF, Optional.empty(), (_, _) -> {}, notes::add).run();
    assertEquals(2, notes.size());
    try (Checkpoint from = Checkpoint.open(directory);
        Checkpoint to = Checkpoint.open(copy)) {
      assertEquals(from.notes(), notes);
      assertEquals(List.of(), to.notes());
      Set<String> names = from.names();
      assertEquals(names, to.names());
      for (String name : names) {
        assertEquals(-1, from.tensor(name).data().mismatch(to.tensor(name).data()), name);
      }
    }
  }

  @Test
  void aTiedHeadThatTheIndexHasAndNoFileIsTheEmbedding() throws IOException {
    Gpt2Config config = Tiny.config();
    writeShards(tensors, "a.safetensors", "b.safetensors");
    index(
        index -> index.replaceFirst("\\{\n    ", "{\n    \"lm_head.weight\": \"a.safetensors\","));
    assertTrue(config.tieWordEmbeddings());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertTrue(checkpoint.hasTiedHead());
    }
  }
}
