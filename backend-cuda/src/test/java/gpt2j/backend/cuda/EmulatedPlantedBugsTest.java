package gpt2j.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.cuda.emulator.Compiler;
import gpt2j.cuda.emulator.Sources;
import gpt2j.cuda.emulator.ThreadOrder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bugs that are planted in the kernels, each of which the contract on the emulated driver must
 * find: a barrier that is missing, an index beside the right one, a write that was forgotten.
 */
@Execution(ExecutionMode.CONCURRENT)
class EmulatedPlantedBugsTest {
  private static final List<String> PARTS =
      List.of(
          "Embed",
          "LayerNorm",
          "Linear/smallMatrices",
          "Linear/manyRows",
          "Attention",
          "AttentionValues/aProbeHasTheScores",
          "KvCaches",
          "CrossEntropy",
          "Greedy",
          "Sampling/drawsTheSameTokensOfGpt2",
          "NoNumbers/noTokenIsDrawn",
          "NoNumbers/behindTheHead",
          "NoNumbers/noTokenCountsAsSeen",
          "Head/drawsWhatTheLogitsSay",
          "RowSampling/eachRowHasItsOwn",
          "RowSampling/penaltiesCountWhatWasDrawn",
          "RowSampling/onlyAllowedTokensAreDrawn",
          "IdleRows",
          "BatchInvariance/products",
          "BatchInvariance/attention",
          "BatchInvariance/schedules",
          "SamplingStates",
          "Steps",
          "Training/Embed",
          "Training/LayerNorm",
          "Training/Dropouts",
          "Training/Loss",
          "Training/Optimizer",
          "Training/Products/linear",
          "Training/Attention");

  private static final Compiler COMPILER = new Compiler(ForkedTests.cache(), false);

  static Stream<PlantedBug> bugs() {
    return Stream.of(
        new PlantedBug(
            "the gain of the next column",
            "layer_norm.cu",
            "m, gain[i], shift[i]",
            "m, gain[(i + 1) % width], shift[i]",
            ThreadOrder.FORWARD,
            "LayerNorm"),
        new PlantedBug(
            "one column too few",
            "layer_norm.cu",
            "i < width; i += blockDim.x",
            "i < width - 1; i += blockDim.x",
            ThreadOrder.FORWARD,
            "LayerNorm"),
        new PlantedBug(
            "the position before",
            "embedding.cu",
            "static_cast<size_t>(position) * ld",
            "static_cast<size_t>(max(position - 1, 0)) * ld",
            ThreadOrder.FORWARD,
            "Embed"),
        new PlantedBug(
            "positions are not advanced",
            "advance.cu",
            "positions[i]++;",
            "",
            ThreadOrder.FORWARD,
            "Steps"),
        new PlantedBug(
            "no barrier between the parts of the warps and their sum",
            "attention_decode.cu",
            "  __syncthreads();\n\n  float both",
            "\n  float both",
            ThreadOrder.FORWARD,
            "Attention"),
        new PlantedBug(
            "the same in the other order of threads",
            "attention_decode.cu",
            "  __syncthreads();\n\n  float both",
            "\n  float both",
            ThreadOrder.REVERSE,
            "Attention"),
        new PlantedBug(
            "the counter is not left zero",
            "attention_decode.cu",
            "a.counters[rowHead] = 0;",
            "",
            ThreadOrder.FORWARD,
            "Attention"),
        new PlantedBug(
            "a row does not see itself",
            "attention_decode.cu",
            "int length = position + 1;",
            "int length = max(position, 1);",
            ThreadOrder.FORWARD,
            "Attention"),
        new PlantedBug(
            "the scores are not scaled",
            "attention_probe.cu",
            "warp_sum(score) * scale",
            "warp_sum(score)",
            ThreadOrder.FORWARD,
            "AttentionValues"),
        new PlantedBug(
            "the scores are not masked",
            "attention_probe.cu",
            "s[t] = -INFINITY;",
            "s[t] = 0;",
            ThreadOrder.FORWARD,
            "AttentionValues"),
        new PlantedBug(
            "the scores of the next head",
            "attention_probe.cu",
            "* shape.heads + head) * shape.headSize",
            "* shape.heads + (head + 1) % shape.heads) * shape.headSize",
            ThreadOrder.FORWARD,
            "AttentionValues"),
        new PlantedBug(
            "the scores are stored in the next row",
            "attention_probe.cu",
            "size_t first = rowHead * shape.capacity;",
            "size_t first = (rowHead + shape.heads) % (gridDim.x * shape.heads) * shape.capacity;",
            ThreadOrder.FORWARD,
            "AttentionValues"),
        new PlantedBug(
            "no barrier before the buffer is overwritten",
            "gemm_f32.cu",
            "    __syncthreads();\n    buffer ^= 1;",
            "    buffer ^= 1;",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "the weights of another output",
            "gemm_f32.cu",
            "sw[k][line] = w[i];",
            "sw[k][line ^ 1] = w[i];",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "a copy is not waited for",
            "gemm_tensor_core.cu",
            "cp_async_wait<STAGES - 2>();",
            "cp_async_wait<STAGES - 1>();",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "no barrier after the copies have arrived",
            "gemm_tensor_core.cu",
            "cp_async_wait<STAGES - 2>();\n    __syncthreads();",
            "cp_async_wait<STAGES - 2>();",
            ThreadOrder.REVERSE,
            "Linear"),
        new PlantedBug(
            "the wrong quarter of a fragment",
            "gemm_tensor_core.cu",
            "stage.weights.piece(row, piece + lane / 8 % 2)",
            "stage.weights.piece(row, piece + lane / 16)",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "values are not stored",
            "kv_cache.cu",
            "store_element(values, type, at, inside ? value[head * headSize + d] : 0.0f);",
            "",
            ThreadOrder.FORWARD,
            "KvCaches",
            "Attention"),
        new PlantedBug(
            "no barrier between the sums of the warps and the result",
            "gemv.cu",
            "    __syncthreads();\n    if (finishes)",
            "    if (finishes)",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "no barrier before x is used",
            "gemv.cu",
            "from, to, store);\n        __syncthreads();",
            "from, to, store);",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "no barrier between clearing and setting bits",
            "sampling.cu",
            "    own[i] = 0;\n  }\n  __syncthreads();",
            "    own[i] = 0;\n  }",
            ThreadOrder.REVERSE,
            "SamplingStates",
            "Greedy"),
        new PlantedBug(
            "the counter is not left zero",
            "sampling.cu",
            "counters[index] = 0;",
            "",
            ThreadOrder.FORWARD,
            "Greedy"),
        new PlantedBug(
            "no barrier between the sums of the warps and their scan",
            "sampling_filtered.cu",
            "    __syncthreads();\n    Weight warpsUpTo",
            "    Weight warpsUpTo",
            ThreadOrder.FORWARD,
            "Sampling/drawsTheSameTokensOfGpt2"),
        new PlantedBug(
            "the spans whose peak is in the last bin that counts are left out",
            "sampling_filtered.cu",
            "first_digit(peaks.values[i]) > lastBin",
            "first_digit(peaks.values[i]) >= lastBin",
            ThreadOrder.FORWARD,
            "Head"),
        new PlantedBug(
            "no barrier between what the warps of the head have found and the best of it",
            "gemv_head.cu",
            "  __syncthreads();\n  finish(",
            "  finish(",
            ThreadOrder.FORWARD,
            "Head"),
        new PlantedBug(
            "the counter is not left zero",
            "gemv_head.cu",
            "*d.counter = 0;",
            "",
            ThreadOrder.FORWARD,
            "Head"),
        new PlantedBug(
            "NaN loses against every number",
            "sampling.cuh",
            "bool number = is_number(logit);",
            "bool number = logit != INFINITY;",
            ThreadOrder.FORWARD,
            "NoNumbers/noTokenIsDrawn"),
        new PlantedBug(
            "no token counts as seen",
            "sampling.cuh",
            "if (token != NO_TOKEN)",
            "if (true)",
            ThreadOrder.FORWARD,
            "NoNumbers/noTokenCountsAsSeen"),
        new PlantedBug(
            "the largest logit is the largest of the numbers",
            "sampling_filtered.cu",
            "is_number(f.logits[token]) ? f.logit(token) : INFINITY",
            "f.logit(token)",
            ThreadOrder.FORWARD,
            "NoNumbers/noTokenIsDrawn"),
        new PlantedBug(
            "a peak is the largest of the numbers",
            "gemv_head.cu",
            "best.consider_logit(logit, state.adjusted<float>(logit, token), token);",
            "best.consider(state.adjusted<float>(logit, token), token);",
            ThreadOrder.FORWARD,
            "NoNumbers/behindTheHead"),
        new PlantedBug(
            "every row draws as the first",
            "sampling.cuh",
            "Settings own = states.settings[row];",
            "Settings own = states.settings[0];",
            ThreadOrder.FORWARD,
            "RowSampling/eachRowHasItsOwn"),
        new PlantedBug(
            "every row has the biases of the first",
            "sampling.cuh",
            "states.biases + static_cast<size_t>(row) * vocabulary",
            "states.biases",
            ThreadOrder.FORWARD,
            "RowSampling/eachRowHasItsOwn"),
        new PlantedBug(
            "the prompt counts as drawn",
            "sampling.cu",
            "if (i >= count - drawn)",
            "if (true)",
            ThreadOrder.FORWARD,
            "RowSampling/penaltiesCountWhatWasDrawn"),
        new PlantedBug(
            "what isn't allowed may be drawn",
            "sampling.cuh",
            "if (allowed != nullptr && !has_bit(allowed, token))",
            "if (false)",
            ThreadOrder.FORWARD,
            "RowSampling/onlyAllowedTokensAreDrawn"),
        new PlantedBug(
            "idle rows go on",
            "advance.cu",
            "bool idle = slots[i] == IDLE;",
            "bool idle = false;",
            ThreadOrder.FORWARD,
            "IdleRows"),
        new PlantedBug(
            "several rows add the numbers of a vector from the last to the first",
            "gemv_rows.cuh",
            "acc[o * ROWS + row] += e[0] * x.x + e[1] * x.y + e[2] * x.z + e[3] * x.w;",
            "acc[o * ROWS + row] += ROWS == 1 ? e[0] * x.x + e[1] * x.y + e[2] * x.z + e[3] * x.w"
                + " : e[3] * x.w + e[2] * x.z + e[1] * x.y + e[0] * x.x;",
            ThreadOrder.FORWARD,
            "BatchInvariance/products"),
        new PlantedBug(
            "a row keeps fewer of its elements in shared memory where others come after it",
            "gemv.cu",
            "constexpr int CHUNK = STAGED / ROWS;",
            "constexpr int CHUNK = ROWS < 8 ? STAGED / ROWS : 1528;",
            ThreadOrder.FORWARD,
            "BatchInvariance/products"),
        new PlantedBug(
            "positions are split among fewer blocks where there are many rows",
            "attention_decode.cu",
            "min(static_cast<int>(gridDim.x), (length",
            "min(max(1, static_cast<int>(gridDim.x / gridDim.z)), (length",
            ThreadOrder.FORWARD,
            "BatchInvariance/attention"),
        new PlantedBug(
            "each thread has its own largest logit",
            "cross_entropy.cu",
            "largest = block_max(largest, shared);",
            "",
            ThreadOrder.FORWARD,
            "CrossEntropy"),
        new PlantedBug(
            "a matrix is not transposed",
            "upload.cu",
            "ld + input, tile[x][y]",
            "ld + input, tile[y][x]",
            ThreadOrder.FORWARD,
            "Linear"),
        new PlantedBug(
            "no barrier between writing and reading a tile",
            "upload.cu",
            "  __syncthreads();\n  bool last",
            "  bool last",
            ThreadOrder.FORWARD,
            "Linear"));
  }

  static Stream<PlantedBug> trainingBugs() {
    return TrainingBugs.all();
  }

  @BeforeAll
  static void build() throws IOException {
    ForkedTests.needsCompiler();
    COMPILER.build(Sources.ofModule());
  }

  /**
   * Without which the others would say nothing: what is found there is not the way of running. That
   * all parts pass is what {@link EmulatedForwardContractTest} and {@link
   * EmulatedReverseContractTest} show.
   */
  @Test
  void withoutABugTheContractPasses() throws IOException, InterruptedException {
    ForkedTests.Result result =
        ForkedTests.run(
            COMPILER.build(Sources.ofModule()),
            ThreadOrder.FORWARD,
            Map.of(),
            List.of(),
            List.of("CrossEntropy", "SamplingStates"));
    assertTrue(result.passed(), result::output);
  }

  @ParameterizedTest
  @MethodSource({"bugs", "trainingBugs"})
  void theContractFinds(PlantedBug bug) throws IOException, InterruptedException {
    Sources sources = Sources.ofModule().with(bug.file(), bug.text(), bug.replacement());
    List<String> parts =
        PARTS.stream().filter(part -> Stream.of(bug.parts()).anyMatch(part::startsWith)).toList();
    ForkedTests.Result result =
        ForkedTests.run(COMPILER.build(sources), bug.order(), Map.of(), List.of(), parts);
    assertTrue(
        result.foundAFailure(), () -> bug + " was not found by " + parts + "\n" + result.output());
  }
}
