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
 * Kernels and driver under AddressSanitizer and UndefinedBehaviorSanitizer: of the contract, what
 * executes every kernel, and little more.
 *
 * <p>The JVM lives by its own handling of SIGSEGV and never frees all, hence the options; and a
 * sanitizer must be the first library of a process, hence the variable.
 */
class EmulatedSanitizedTest {
  private static final List<String> PARTS =
      List.of(
          "Tensors",
          "Embed/sumsTheVectorsOfEveryPrecision",
          "Embed/valuesOutsideTheTables",
          "LayerNorm/manyRows",
          "LayerNorm/numbersOfAnySize",
          "Linear/withoutABias",
          "Linear/aRowOfNaNSpoilsNoOther",
          "Linear/hostTensorsOfAnyTypeInAnyMemory",
          "Linear/isDeterministic",
          "Gelu",
          "Attention/prompts",
          "Attention/nothingBeyondTheRowsOwnPositionIsSeen",
          "Attention/isDeterministic",
          "AttentionValues",
          "KvCaches",
          "Logits/selectsRows",
          "Logits/selectingRowsThatDoNotExist",
          "Logits/logitsAreDeterministic",
          "CrossEntropy/manyRows",
          "CrossEntropy/targetsThatDoNotExist",
          "Greedy/theLargestLogitMayBeAnywhere",
          "Sampling/drawsTheSameTokensOfGpt2",
          "Sampling/rareNoiseIsFinite",
          "Head/fewRowsAndMany",
          "SamplingStates",
          "Steps/advanceMakesTheNextBatch",
          "Steps/tokensAreTakenInOrder",
          "Training/Embed/embeds",
          "Training/LayerNorm/manyRows",
          "Training/LayerNorm/addsEpsilonToTheVariance",
          "Training/Gelu/everyShape",
          "Training/Dropouts",
          "Training/Loss/equalsDifferences",
          "Training/Loss/impossibleTokens",
          "Training/Loss/allIgnored",
          "Training/Optimizer/zeroes",
          "Training/Optimizer/normOfZeros",
          "Training/Optimizer/anyRank",
          "Training/Products/linear",
          "Training/Products/logitsBackwardEqualsDifferences",
          "Training/Attention/backwardEqualsDifferences",
          "Training/Attention/isDeterministic");

  @Test
  void kernelsDoNothingUndefined() throws IOException, InterruptedException {
    ForkedTests.needsCompiler();
    ForkedTests.Result result = run("-D" + ForkedTests.EVERY_KERNEL + "=true", PARTS);
    assertTrue(result.passed(), result::output);
  }

  @Test
  void norDoesTheKernelBehindCublas() throws IOException, InterruptedException {
    ForkedTests.needsCompiler();
    ForkedTests.Result result =
        run("-D" + ForkedTests.CUBLAS + "=12", List.of("Linear/withoutABias"));
    assertTrue(result.passed(), result::output);
  }

  private static ForkedTests.Result run(String option, List<String> parts)
      throws IOException, InterruptedException {
    return ForkedTests.run(
        new Compiler(ForkedTests.cache(), true).build(Sources.ofModule()),
        ThreadOrder.FORWARD,
        Map.of(
            "LD_PRELOAD",
            Compiler.addressSanitizer().toString(),
            "ASAN_OPTIONS",
            "handle_segv=0:allow_user_segv_handler=1:detect_leaks=0:verify_asan_link_order=0",
            "UBSAN_OPTIONS",
            "print_stacktrace=1"),
        List.of(option),
        parts);
  }
}
