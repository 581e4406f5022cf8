package gpt2j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cli.CliRun.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of one format become others, and each generates the same. */
class ConvertTest {
  private static final Path FILES = Path.of("../model-gpt2/src/test/resources/gpt2j/model/gpt2");

  @TempDir private Path folder;

  private static String generate(Path model) {
    Result result =
        CliRun.cli(
            "generate",
            "--backend=reference",
            "--model=" + model,
            "--prompt=Once",
            "--max-new-tokens=8",
            "--seed=1");
    assertEquals(0, result.exitCode(), result.err());
    return result.out();
  }

  @Test
  void fromFileToFolderAndBack() {
    Path file = FILES.resolve("gguf/q8_0.gguf");
    Path hf = folder.resolve("hf");
    Result there = CliRun.cli("convert", "--model=" + file, "--out=" + hf);
    assertEquals(0, there.exitCode(), there.err());
    assertEquals("gpt2j: wrote " + hf + ": weights in f32\n", there.err());
    assertTrue(there.out().contains("| h.*.attn.c_attn.weight |"), there.out());
    assertTrue(there.out().contains("| GGUF 3 |"), there.out());
    assertEquals(generate(file), generate(hf));
    Path back = folder.resolve("back.gguf");
    Result report =
        CliRun.cli("convert", "--model=" + hf, "--dtype=q8_0", "--report", "--out=" + back);
    assertEquals(0, report.exitCode(), report.err());
    assertTrue(report.out().contains("relative error (rms)"), report.out());
    assertEquals(-1, report.out().indexOf('█'), "what was quantised loses nothing");
    assertEquals(generate(file), generate(back));
  }

  @Test
  void aTypeThatTheFormatHasNotIsRefused() {
    Path file = FILES.resolve("gguf/f32.gguf");
    Path out = folder.resolve("x.bin");
    Result result = CliRun.cli("convert", "--model=" + file, "--dtype=f16", "--out=" + out);
    assertEquals(2, result.exitCode());
    assertEquals("gpt2j: --dtype: llmc has no weights in f16; choose f32 or bf16\n", result.err());
    assertTrue(Files.notExists(out));
  }

  @Test
  void aModelOfNanoGptGoesToLlamaCppWithWhatThatChanges() {
    Path file = FILES.resolve("torch/nanogpt.pt");
    Path out = folder.resolve("nano.gguf");
    Result refused = CliRun.cli("convert", "--model=" + file, "--out=" + out);
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("give --gelu tanh"), refused.err());
    Result result = CliRun.cli("convert", "--model=" + file, "--gelu=tanh", "--out=" + out);
    assertEquals(0, result.exitCode(), result.err());
    assertTrue(
        result
            .err()
            .contains(
                "note: "
                    + file
                    + ": its GELU is exact, and that of the copy by tanh, off by 0.0005 at most: so"
                    + " its logits are others\n"),
        result.err());
    assertTrue(
        result.out().matches("(?s).*\\| GELU +\\| +\\| exact +\\| +\\| by tanh +\\| +\\|\n"),
        result.out());
    Result again = CliRun.cli("convert", "--model=" + out, "--gelu=tanh", "--out=" + folder + "/x");
    assertEquals(-1, (again.out() + again.err()).indexOf("GELU"), "which it is already");
    Result other = CliRun.cli("convert", "--model=" + file, "--gelu=erf", "--out=" + folder + "/y");
    assertEquals(2, other.exitCode());
  }

  @Test
  void aTextForTokensThatNobodyKnowsIsRefused() {
    Result result =
        CliRun.cli(
            "generate",
            "--backend=reference",
            "--model=" + FILES.resolve("torch/nanogpt.pt"),
            "--prompt=Once");
    assertTrue(result.exitCode() > 0, result.out());
    assertTrue(result.err().contains("give token ids instead of text"), result.err());
    assertEquals(1, result.errors().size(), result.err());
  }
}
