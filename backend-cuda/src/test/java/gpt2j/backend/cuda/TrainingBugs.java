package gpt2j.backend.cuda;

import gpt2j.cuda.emulator.ThreadOrder;
import java.util.stream.Stream;

/** Bugs that are planted in the kernels of training. */
final class TrainingBugs {
  private TrainingBugs() {}

  static Stream<PlantedBug> all() {
    return Stream.of(
        new PlantedBug(
            "no barrier between the marks of the warps and their use",
            "training_embedding.cu",
            "      masks[warp_id()] = mask;\n    }\n    __syncthreads();",
            "      masks[warp_id()] = mask;\n    }",
            ThreadOrder.FORWARD,
            "Training/Embed"),
        new PlantedBug(
            "no barrier between the sums of the warps and the result",
            "training_norm.cu",
            "  __syncthreads();\n\n  // A thread for each sum",
            "\n  // A thread for each sum",
            ThreadOrder.FORWARD,
            "Training/LayerNorm"),
        new PlantedBug(
            "the counter is not left zero",
            "training_norm.cu",
            "counters[blockIdx.x] = 0;",
            "",
            ThreadOrder.FORWARD,
            "Training/LayerNorm"),
        new PlantedBug(
            "elements before the first vector are forgotten",
            "training_loss.cu",
            "body(threadIdx.x, 1, false);",
            "",
            ThreadOrder.FORWARD,
            "Training/Loss"),
        new PlantedBug(
            "the target's logit is read when it may be overwritten",
            "training_loss.cu",
            "(logit - largest)",
            "(row[target] - largest)",
            ThreadOrder.REVERSE,
            "Training/Loss"),
        new PlantedBug(
            "the word of the element beside",
            "training_elementwise.cu",
            "words.word[i]",
            "words.word[i ^ 1]",
            ThreadOrder.FORWARD,
            "Training/Dropouts"),
        new PlantedBug(
            "the gradient is not zeroed",
            "training_optimizer.cu",
            "store_floats(gradient + part.first, Floats::zero(), part.count, vector);",
            "",
            ThreadOrder.FORWARD,
            "Training/Optimizer"),
        new PlantedBug(
            "no barrier after the copies have arrived",
            "training_products.cuh",
            "cp_async_wait<STAGES - 2>();\n    __syncthreads();",
            "cp_async_wait<STAGES - 2>();",
            ThreadOrder.REVERSE,
            "Training/Products"),
        new PlantedBug(
            "a part doesn't end where the next one begins",
            "training_products.cuh",
            "min(p.depth - first, p.part)",
            "p.depth - first",
            ThreadOrder.FORWARD,
            "Training/Products"),
        new PlantedBug(
            "the key after is seen",
            "training_attention.cu",
            "key + j <= query ? __expf",
            "key + j <= query + 1 ? __expf",
            ThreadOrder.FORWARD,
            "Training/Attention"),
        new PlantedBug(
            "the next weights come before the last ones were used",
            "training_attention_backward.cu",
            "    __syncthreads();\n"
                + "    store(tiles->weights, scores);\n"
                + "    __syncthreads();\n"
                + "    ofKeys",
            "    store(tiles->weights, scores);\n    __syncthreads();\n    ofKeys",
            ThreadOrder.FORWARD,
            "Training/Attention"));
  }
}
