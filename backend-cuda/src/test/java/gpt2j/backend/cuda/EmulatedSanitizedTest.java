package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cuda.emulator.Compiler;
import gpt2j.cuda.emulator.Sources;
import gpt2j.cuda.emulator.ThreadOrder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Kernels and driver under AddressSanitizer and UndefinedBehaviorSanitizer: the contract, but for
 * what only repeats the same on more numbers.
 *
 * <p>The JVM lives by its own handling of SIGSEGV and never frees all, hence the options; and a
 * sanitizer must be the first library of a process, hence the variable.
 */
class EmulatedSanitizedTest {
  private static final List<String> PARTS =
      List.of(
          "Tensors",
          "Embed",
          "LayerNorm",
          "Linear",
          "Gelu",
          "Attention",
          "AttentionValues",
          "KvCaches",
          "Logits",
          "CrossEntropy",
          "Greedy",
          "Sampling/drawsTheSameTokensOfGpt2",
          "Sampling/rareNoiseIsFinite",
          "SamplingStates",
          "Steps");
  private static final List<String> REPETITIVE = List.of("largeMatrices");

  @Test
  void kernelsDoNothingUndefined() throws IOException, InterruptedException {
    ForkedTests.needsCompiler();
    ForkedTests.Result result =
        ForkedTests.run(
            new Compiler(ForkedTests.cache(), true).build(Sources.ofModule()),
            ThreadOrder.FORWARD,
            Map.of(
                "LD_PRELOAD",
                Compiler.addressSanitizer().toString(),
                "ASAN_OPTIONS",
                "handle_segv=0:allow_user_segv_handler=1:detect_leaks=0:verify_asan_link_order=0",
                "UBSAN_OPTIONS",
                "print_stacktrace=1"),
            List.of(),
            PARTS,
            REPETITIVE);
    assertTrue(result.passed(), result::output);
  }
}
