package gpt2j.model.gpt2.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.Shape;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.safetensors.OutputTensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"", "transformer."})
  void namesWithAndWithoutThePrefix(String prefix) throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    Tiny.write(
        directory,
        Tiny.config(),
        tensors.values().stream().map(t -> Tiny.renamed(t, prefix + t.name())).toList());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertEquals(directory, checkpoint.directory());
      assertEquals(Tiny.config(), checkpoint.config());
      assertEquals(List.copyOf(tensors.keySet()), List.copyOf(checkpoint.names()));
      assertEquals(4 * Tiny.config().parameters(), checkpoint.bytes());
      for (OutputTensor tensor : tensors.values()) {
        HostTensor read = checkpoint.tensor(tensor.name());
        assertEquals(tensor.name(), read.name());
        assertEquals(tensor.shape(), read.shape());
        assertValues(tensor, read);
        assertEquals(read, checkpoint.tensor("transformer." + tensor.name()));
      }
    }
  }

  @Test
  void namesMayBeMixedWhenNoneMeansTwoTensors() throws IOException {
    List<OutputTensor> tensors = new ArrayList<>();
    for (OutputTensor tensor : Tiny.tensors(Tiny.config()).values()) {
      String prefix = tensors.size() % 2 == 0 ? "" : "transformer.";
      tensors.add(Tiny.renamed(tensor, prefix + tensor.name()));
    }
    Tiny.write(directory, Tiny.config(), tensors);
    Checkpoint.open(directory).close();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void everyTypeOfWeight(DataType type) throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    tensors.replaceAll((name, t) -> Tiny.tensor(name, type, t.shape(), name.hashCode()));
    // Layer norms often stay in float32.
    tensors.put("ln_f.weight", Tiny.tensor("ln_f.weight", Shape.of(6)));
    Tiny.write(directory, Tiny.config(), tensors.values());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertEquals(type, checkpoint.tensor("wte.weight").type());
      assertEquals(DataType.F32, checkpoint.tensor("ln_f.weight").type());
      tensors.forEach((name, tensor) -> assertValues(tensor, checkpoint.tensor(name)));
    }
  }

  @Test
  void aTiedHeadIsTheEmbedding() throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    assertHead(true, null);
  }

  @Test
  void aHeadThatEqualsTheEmbeddingIsTied() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    OutputTensor wte = tensors.get("wte.weight");
    tensors.put("lm_head.weight", Tiny.renamed(wte, "lm_head.weight"));
    Tiny.write(directory, Tiny.config(), tensors.values());
    assertHead(true, null);
  }

  @Test
  void aHeadThatDiffersFromTheEmbeddingIsNotTiedToIt() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    OutputTensor head = Tiny.tensor("lm_head.weight", Shape.of(11, 6));
    tensors.put(head.name(), head);
    Tiny.write(directory, Tiny.config(), tensors.values());
    assertHead(false, head);
  }

  @Test
  void theSameHeadInAnotherTypeIsNotTied() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    OutputTensor head = Tiny.tensor("lm_head.weight", DataType.BF16, Shape.of(11, 6), 1);
    tensors.put(head.name(), head);
    Tiny.write(directory, Tiny.config(), tensors.values());
    assertHead(false, head);
  }

  @Test
  void theHeadMayStandForTheEmbeddingItIsTiedTo() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    OutputTensor wte = tensors.remove("wte.weight");
    tensors.put("lm_head.weight", Tiny.renamed(wte, "lm_head.weight"));
    Tiny.write(directory, Tiny.config(), tensors.values());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertTrue(checkpoint.hasTiedHead());
      assertValues(wte, checkpoint.tensor("wte.weight"));
    }
  }

  @Test
  void anUntiedHeadIsATensorOfItsOwnEvenWhenEqual() throws IOException {
    Gpt2Config config = Tiny.builder().tieWordEmbeddings(false).build();
    Map<String, OutputTensor> tensors = Tiny.tensors(config);
    OutputTensor head = Tiny.renamed(tensors.get("wte.weight"), "lm_head.weight");
    tensors.put(head.name(), head);
    Tiny.write(directory, config, tensors.values());
    assertHead(false, head);
  }

  private void assertHead(boolean tied, OutputTensor head) {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertEquals(tied, checkpoint.hasTiedHead());
      if (tied) {
        assertThrows(NoSuchElementException.class, () -> checkpoint.tensor("lm_head.weight"));
      } else {
        assertValues(head, checkpoint.tensor("lm_head.weight"));
      }
    }
  }

  @Test
  void severalFiles() throws IOException {
    Map<String, OutputTensor> tensors = Tiny.tensors(Tiny.config());
    writeShards(tensors.values(), "b.safetensors", "a.safetensors", "c-00003.safetensors");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertEquals(List.copyOf(tensors.keySet()), List.copyOf(checkpoint.names()));
      tensors.forEach((name, tensor) -> assertValues(tensor, checkpoint.tensor(name)));
    }
  }

  @Test
  void oneFileWinsOverAnIndex() throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    Files.writeString(directory.resolve("model.safetensors.index.json"), "broken");
    Checkpoint.open(directory).close();
  }

  private void writeShards(Collection<OutputTensor> tensors, String... shards) throws IOException {
    Tiny.writeConfig(directory, Tiny.config());
    List<OutputTensor> all = List.copyOf(tensors);
    for (int shard = 0; shard < shards.length; shard++) {
      List<OutputTensor> part = new ArrayList<>();
      for (int i = shard; i < all.size(); i += shards.length) {
        part.add(all.get(i));
      }
      Tiny.writeWeights(directory.resolve(shards[shard]), part);
    }
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        Tiny.index(all.stream().map(OutputTensor::name).toList(), shards));
  }

  @Test
  void aClosedCheckpointCannotBeRead() throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    Checkpoint checkpoint = Checkpoint.open(directory);
    HostTensor tensor = checkpoint.tensor("wte.weight");
    checkpoint.close();
    assertThrows(IllegalStateException.class, () -> tensor.get(0));
  }

  @Test
  void anUnknownNameIsNoTensor() throws IOException {
    Tiny.write(directory, Tiny.config(), Tiny.tensors(Tiny.config()).values());
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertFalse(checkpoint.names().contains("h.2.ln_1.weight"));
      assertThrows(NoSuchElementException.class, () -> checkpoint.tensor("h.2.ln_1.weight"));
    }
  }

  private static void assertValues(OutputTensor expected, HostTensor actual) {
    int bytes = Math.toIntExact(expected.shape().elements() * expected.type().bytes());
    var values = MemorySegment.ofArray(new byte[bytes]);
    expected.values().store(0, values);
    assertEquals(expected.type(), actual.type());
    assertEquals(-1, values.mismatch(actual.data()), expected.name());
  }
}
