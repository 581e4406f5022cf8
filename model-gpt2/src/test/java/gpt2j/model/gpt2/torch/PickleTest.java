package gpt2j.model.gpt2.torch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.testkit.Allocation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pickles that ask for more than tensors, and such as lie. Written here as Latin-1. */
class PickleTest {
  @TempDir private Path folder;

  private static String refusal(String pickle) {
    byte[] bytes = pickle.getBytes(ISO_8859_1);
    return assertThrows(FormatException.class, () -> PickleReader.read(bytes)).getMessage();
  }

  @ParameterizedTest
  @CsvSource({
    "posix, system",
    "os, system",
    "builtins, eval",
    "__builtin__, exec",
    "subprocess, Popen",
    "torch.storage, _load_from_bytes",
    "torch._utils, _rebuild_sparse_tensor",
    "torch.serialization, load",
    "torch, load",
    "numpy.core.multiarray, _reconstruct",
    "functools, partial",
    "collections, OrderedDict.__init__",
    "copyreg, _reconstructor",
  })
  void whatIsNamedIsRefusedByName(String module, String name) {
    String expected =
        "data.pkl: asks for %s.%s, which is not run: only tensors, containers, texts and numbers are read"
            .formatted(module, name);
    assertEquals(
        expected, refusal("\u0080\u0002c" + module + "\n" + name + "\nX\u0002\0\0\0ls\u0085R."));
    // The same as protocol 4 has it.
    String named =
        "\u008c"
            + (char) module.length()
            + module
            + "\u008c"
            + (char) name.length()
            + name
            + "\u0093";
    assertEquals(expected, refusal("\u0080\u0004" + named + ")R."));
  }

  @Test
  void callsWithinCallsCallNothing() {
    String dictionary = "ccollections\nOrderedDict\n";
    assertEquals(
        "data.pkl: calls what is no function that is known", refusal(dictionary + ")R)R."));
    assertEquals(
        "data.pkl: asks for os.system, which is not run: only tensors, containers, texts and"
            + " numbers are read",
        refusal(dictionary + "(" + dictionary + "(cos\nsystem\nX\u0001\0\0\0ltRtRtR."));
  }

  @Test
  void depthIsBounded() {
    String deep = "data.pkl: things lie in each other more than 64 deep";
    assertEquals(deep, refusal("(".repeat(1000) + "t".repeat(1000) + "."));
    assertEquals(deep, refusal("N" + "\u0085".repeat(1_000_000) + "."));
    assertEquals(deep, refusal("]".repeat(1000) + "a".repeat(999) + "."));
    assertEquals(deep, refusal("]q\0h\0" + "a".repeat(1) + "h\0h\0aa".repeat(1000) + "."));
  }

  @Test
  void theMemoIsBounded() {
    assertEquals(
        "data.pkl: remembers something as number 2147483648, which no file of its size needs",
        refusal("]r\0\0\0\u0080."));
    assertEquals(
        "data.pkl: remembers something as number 2147483647, which no file of its size needs",
        refusal("]r\u00FF\u00FF\u00FF\u007F."));
    assertEquals(
        "data.pkl: is damaged: it recalls number 4294967295, which there isn't",
        refusal("]j\u00FF\u00FF\u00FF\u00FF."));
  }

  @Test
  void lengthsThatLieTakeNoMemory() {
    Allocation allocation = new Allocation();
    long before = allocation.bytes();
    for (String lie :
        new String[] {
          "X\u00FF\u00FF\u00FF\u007F.",
          "B\u00FF\u00FF\u00FF\u00FF.",
          "\u008d\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u007F.",
          "\u008e\0\0\0\0\u0001\0\0\0.",
          "\u008a\u00FF.",
        }) {
      assertEquals("data.pkl: is cut off", refusal(lie));
    }
    assertTrue(allocation.bytes() - before < 10 << 20);
  }

  @Test
  void brokenProgramsAreRefused() {
    assertEquals("data.pkl: is cut off", refusal(""));
    assertEquals("data.pkl: is damaged: it takes from an empty stack", refusal("."));
    assertEquals("data.pkl: is damaged: it takes from an empty stack", refusal("N(" + "\u0085."));
    assertEquals("data.pkl: is damaged: it has no mark", refusal("t."));
    assertEquals("data.pkl: is damaged: it adds to what is no list", refusal("}Na."));
    assertEquals(
        "data.pkl: is damaged: it puts entries into what is no dictionary", refusal("]NNs."));
    assertEquals(
        "data.pkl: is damaged: it puts entries into what is no dictionary", refusal("}(Nu."));
    assertEquals("data.pkl: operation 0x49 at byte 0 is not read", refusal("I1\n."));
    assertEquals("data.pkl: has protocol 1, not 2 to 5", refusal("\u0080\u0001N."));
    assertEquals(
        "data.pkl: is damaged: it sets attributes of what is no dictionary", refusal("]}b."));
  }

  /** A tensor of so many numbers, of a storage that says that it has 4. */
  private static String tensor(String offset, String sizes, String strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
        + "X\1\0\0\0"
        + "0X\3\0\0\0cpuK\4tQ"
        + offset
        + sizes
        + strides
        + "\u0089ccollections\nOrderedDict\n)RtR.";
  }

  @Test
  void tensorsLieWithinTheirStorages() {
    PickleReader.read(tensor("K\0", "K\2K\2\u0086", "K\2K\1\u0086").getBytes(ISO_8859_1));
    for (String[] lie :
        new String[][] {
          {"K\1", "K\2K\2\u0086", "K\2K\1\u0086"},
          {"K\0", "K\2K\2\u0086", "K\3K\1\u0086"},
          {"K\0", "K\5\u0085", "K\0\u0085"}, // all of them the same number
          {"J\u00FF\u00FF\u00FF\u007F", "K\1\u0085", "K\1\u0085"},
          {
            "K\0",
            "\u008a\u0008\0\0\0\0\0\0\0\u0040\u008a\u0008\0\0\0\0\0\0\0\u0040\u0086",
            "K\1K\1\u0086"
          },
        }) {
      assertTrue(
          refusal(tensor(lie[0], lie[1], lie[2])).contains("more than its storage of 4 has"),
          lie[1]);
    }
    assertEquals(
        "data.pkl: calls torch._utils._rebuild_tensor_v2 with wrong arguments",
        refusal(tensor("K\0", "J\u00FF\u00FF\u00FF\u00FF\u0085", "K\1\u0085")));
    assertEquals(
        "data.pkl: calls torch._utils._rebuild_tensor_v2 with wrong arguments",
        refusal(tensor("K\0", "K\1\u0085", "K\1K\1\u0086")));
  }

  private Path archive(String pickle, boolean compressed) throws IOException {
    Path file = folder.resolve("ckpt.pt");
    byte[] bytes = pickle.getBytes(ISO_8859_1);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      ZipEntry entry = new ZipEntry("archive/data.pkl");
      if (!compressed) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(sum.getValue());
      }
      zip.putNextEntry(entry);
      zip.write(bytes);
    }
    return file;
  }

  private static String opening(Path file) {
    return assertThrows(CheckpointException.class, () -> Checkpoint.open(file)).getMessage();
  }

  @Test
  void filesAreRefusedInOneLine() throws IOException {
    Path file = archive("cposix\nsystem\nX\u0004\0\0\0echo\u0085R.", false);
    assertEquals(
        file
            + ": data.pkl: asks for posix.system, which is not run: only tensors, containers, texts"
            + " and numbers are read",
        opening(file));
    archive("}.", true);
    assertEquals(
        file
            + ": entry archive/data.pkl is compressed or encrypted, which PyTorch never does; save"
            + " it anew with torch.save",
        opening(file));
    archive("}.", false);
    assertEquals(file + ": holds no tensors by name; save a model's state_dict()", opening(file));
    archive("].", false);
    assertEquals(file + ": holds no dictionary of tensors", opening(file));
    Files.write(file, Arrays.copyOf(new byte[] {'P', 'K', 3, 4}, 30));
    assertEquals(
        file + ": is cut off or damaged: the archive's directory is missing", opening(file));
  }
}
