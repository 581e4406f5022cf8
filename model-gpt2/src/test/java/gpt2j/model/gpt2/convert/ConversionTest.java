package gpt2j.model.gpt2.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.Checkpoint;
import gpt2j.model.gpt2.checkpoint.CheckpointException;
import gpt2j.model.gpt2.checkpoint.CheckpointTokenizer;
import gpt2j.model.gpt2.checkpoint.RandomCheckpoint;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatGolden;
import gpt2j.model.gpt2.tokenizer.SpecialTokens;
import gpt2j.model.gpt2.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies of checkpoints in other formats, and what becomes of numbers and vocabularies. */
class ConversionTest {
  private static final String TEXT =
      "Once upon a time \u00E9\uD83D\uDE00 there was a\n\n small dog <|endoftext|> ball.";

  @TempDir private Path folder;
  private final List<String> notes = new ArrayList<>();

  private Converted convert(Path from, Path to, Target target, WeightFormat format) {
    return new Conversion(from, to, target, Optional.of(format), (_, _) -> {}, notes::add).run();
  }

  private static Path golden(String name) {
    return FormatGolden.file("gguf/" + name + ".gguf");
  }

  /** What the files of pip's gguf have as blocks, ours have too. */
  @ParameterizedTest
  @EnumSource
  void tensorsAreThoseOfAnotherProgramBitForBit(WeightFormat format) throws IOException {
    Path copy = folder.resolve("copy.gguf");
    Converted converted = convert(golden("f32"), copy, Target.GGUF, format);
    assertEquals("GGUF 3", converted.from());
    assertEquals(List.of(), notes);
    Path expected = golden(format.name().toLowerCase(Locale.ROOT));
    assertEquals(GgufBytes.of(expected), GgufBytes.of(copy));
    FormatGolden.agrees(copy, "gguf", format.name().toLowerCase(Locale.ROOT));
  }

  @Test
  void nothingIsLostOnTheWayThere() throws IOException {
    Path hf = folder.resolve("hf");
    convert(golden("f32"), hf, Target.HF, WeightFormat.F32);
    assertTrue(Files.exists(hf.resolve("tokenizer.json")));
    Path back = folder.resolve("back.gguf");
    convert(hf, back, Target.GGUF, WeightFormat.F32);
    Path again = folder.resolve("again");
    convert(back, again, Target.HF, WeightFormat.F32);
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      assertArrayEquals(
          Files.readAllBytes(hf.resolve(file)), Files.readAllBytes(again.resolve(file)), file);
    }
    assertSameWeights(golden("f32"), again);
    for (Path copy : List.of(hf, back, again)) {
      Tokenizer original = CheckpointTokenizer.load(golden("f32"));
      Tokenizer copied = CheckpointTokenizer.load(copy);
      for (SpecialTokens policy : SpecialTokens.values()) {
        assertArrayEquals(original.encode(TEXT, policy), copied.encode(TEXT, policy));
      }
      assertEquals(original.endOfText(), copied.endOfText());
      assertEquals(TEXT, copied.decode(copied.encode(TEXT)));
    }
    assertEquals(List.of(), notes);
  }

  private static void assertSameWeights(Path a, Path b) {
    try (Checkpoint one = Checkpoint.open(a);
        Checkpoint other = Checkpoint.open(b)) {
      assertEquals(one.names(), other.names());
      for (String name : one.names()) {
        assertArrayEquals(values(one.tensor(name)), values(other.tensor(name)), name);
      }
      assertEquals(one.config(), other.config());
    }
  }

  private static float[] values(HostTensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    tensor.copyTo(0, values, 0, values.length);
    return values;
  }

  @Test
  void gpt2sOwnVocabularyIsTheSameInAFile() {
    Path hf = folder.resolve("hf");
    Gpt2Config config =
        Gpt2Config.builder().layers(1).heads(1).embeddingWidth(4).contextLength(8).build();
    RandomCheckpoint.write(hf, config, 1, DataType.F32, _ -> {});
    Path file = folder.resolve("gpt2.gguf");
    convert(hf, file, Target.GGUF, WeightFormat.F16);
    Tokenizer copied = CheckpointTokenizer.load(file);
    Tokenizer gpt2 = Tokenizer.gpt2();
    assertEquals(gpt2.contents(), copied.contents());
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      String text =
          random
              .ints(40, 0x20, 0x500)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      assertArrayEquals(gpt2.encode(text), copied.encode(text), text);
    }
    assertArrayEquals(gpt2.encode(TEXT), copied.encode(TEXT));
    assertEquals(List.of(), notes);
  }

  @Test
  void whatGgufCannotSayIsRefused() {
    Path nano = FormatGolden.file("torch/nanogpt.pt");
    Path to = folder.resolve("nano.gguf");
    CheckpointException refusal =
        assertThrows(
            CheckpointException.class, () -> convert(nano, to, Target.GGUF, WeightFormat.F32));
    assertEquals(
        nano
            + ": GGUF can't hold it: the model's GELU is exact (activation_function gelu, as in"
            + " nanoGPT), and that of GGUF's GPT-2 is by tanh: its logits would be others; give"
            + " --gelu tanh to have it written as one by tanh, whose logits are a little off",
        refusal.getMessage());
    assertFalse(Files.exists(to));
  }

  /** All else stays as it is, and what changes is what the two GELUs differ by. */
  @ParameterizedTest
  @EnumSource
  void aModelOfNanoGptBecomesOneByTanhForThoseWhoAskForIt(Target target) {
    Path nano = FormatGolden.file("torch/nanogpt.pt");
    Path to = folder.resolve("nano" + (target == Target.GGUF ? ".gguf" : ".bin"));
    Converted converted =
        new Conversion(nano, to, target, Optional.of(WeightFormat.F32), (_, _) -> {}, notes::add)
            .withTanhGelu()
            .run();
    assertEquals(GeluForm.ERF, converted.geluBefore());
    assertEquals(GeluForm.TANH, converted.gelu());
    try (Checkpoint one = Checkpoint.open(nano);
        Checkpoint other = Checkpoint.open(to)) {
      assertEquals(GeluForm.TANH, other.config().activation());
      for (String name : one.names()) {
        assertArrayEquals(values(one.tensor(name)), values(other.tensor(name)), name);
      }
    }
    float[][] exact = FormatGolden.logits(nano, _ -> {});
    float[][] approximate = FormatGolden.logits(to, _ -> {});
    double largest = 0;
    for (int row = 0; row < exact.length; row++) {
      for (int i = 0; i < exact[row].length; i++) {
        largest = Math.max(largest, Math.abs(exact[row][i] - approximate[row][i]));
      }
    }
    assertTrue(largest > 1e-5 && largest < 1e-2, "logits are off by " + largest);
  }

  @Test
  void aModelByTanhStaysWhatItIs() {
    Path copy = folder.resolve("copy.gguf");
    Converted converted =
        new Conversion(golden("f32"), copy, Target.GGUF, Optional.empty(), (_, _) -> {}, notes::add)
            .withTanhGelu()
            .run();
    assertEquals(converted.geluBefore(), converted.gelu());
    assertSameWeights(golden("f32"), copy);
  }

  @Test
  void roundingIsForThoseWhoAskForIt() {
    Path from = FormatGolden.file("torch/float64.pt");
    Path to = folder.resolve("copy");
    Conversion silent =
        new Conversion(from, to, Target.HF, Optional.empty(), (_, _) -> {}, notes::add);
    assertEquals(
        from
            + ": tensor wte.weight is F64, which no copy can be: give --dtype f32 to have it"
            + " rounded",
        assertThrows(CheckpointException.class, silent::run).getMessage());
    assertFalse(Files.exists(to));
    convert(from, to, Target.HF, WeightFormat.F32);
    FormatGolden.agrees(to, "torch", "float64");
    assertTrue(notes.getFirst().contains("its vocabulary isn't known"), notes.toString());
  }

  @Test
  void rowsThatAreNoWholeBlocksBecomeHalves() {
    Path hf = folder.resolve("hf");
    Gpt2Config config =
        Gpt2Config.builder()
            .layers(1)
            .heads(2)
            .embeddingWidth(48)
            .contextLength(8)
            .vocabularySize(40)
            .build();
    RandomCheckpoint.write(hf, config, 1, DataType.F32, _ -> {});
    Path file = folder.resolve("copy.gguf");
    Converted converted = convert(hf, file, Target.GGUF, WeightFormat.Q8_0);
    assertEquals(
        List.of(
            hf
                + ": has a vocabulary of more tokens than the model, so it isn't the model's, and"
                + " the copy has none",
            hf
                + ": 4 tensors have rows that are no multiple of 32 numbers, and become F16 instead"
                + " of Q8_0"),
        notes);
    assertEquals(
        WeightFormat.Q8_0,
        converted.tensors().stream()
            .filter(tensor -> tensor.name().equals("h.0.mlp.c_proj.weight"))
            .findFirst()
            .orElseThrow()
            .format());
    List<TensorError> errors = TensorError.between(hf, file);
    assertEquals(0, errors.get(1).relative()); // positions stay as they are
    assertTrue(errors.getFirst().relative() > 0 && errors.getFirst().relative() < 1e-3);
    TensorError blocks = errors.get(12);
    assertEquals("h.0.mlp.c_proj.weight", blocks.name());
    assertTrue(blocks.relative() > 1e-3 && blocks.relative() < 1e-2, blocks.toString());
  }
}
