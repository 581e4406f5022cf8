package gpt2j.model.gpt2.llmc;

import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.ModelWeights;
import java.util.ArrayList;
import java.util.List;

/**
 * The order of tensors in a file ({@code write_tensors} in llm.c's train_gpt2.py): each kind for
 * all layers, one behind another, without anything between.
 */
final class LlmcLayout {
  /** The first number of a file. */
  static final int MAGIC = 20240326;

  /** Numbers of 32 bits before the tensors: mark, version, sizes, and zeros. */
  static final int HEADER_INTS = 256;

  /** All float32. */
  static final int VERSION_F32 = 3;

  /** All bfloat16. */
  static final int VERSION_BF16 = 5;

  /**
   * A tensor.
   *
   * @param name Hugging Face's
   * @param rows outputs, or 1 of a vector
   * @param columns inputs, or the numbers of a vector
   * @param padding rows behind it that are no part of it
   */
  record Part(String name, int rows, int columns, int padding) {
    long elements() {
      return (long) rows * columns;
    }

    boolean isVector() {
      return rows == 1 && !name.equals(ModelWeights.POSITIONS);
    }
  }

  private LlmcLayout() {}

  /**
   * The tensors of a model in their order.
   *
   * @param paddedVocabulary rows of the embedding in the file
   */
  static List<Part> of(Gpt2Config config, int paddedVocabulary) {
    int width = config.embeddingWidth();
    int vocabulary = config.vocabularySize();
    List<Part> parts = new ArrayList<>();
    parts.add(new Part(ModelWeights.EMBEDDING, vocabulary, width, paddedVocabulary - vocabulary));
    parts.add(new Part(ModelWeights.POSITIONS, config.contextLength(), width, 0));
    add(parts, config, "ln_1", 1, width);
    add(parts, config, "attn.c_attn", 3 * width, width);
    add(parts, config, "attn.c_proj", width, width);
    add(parts, config, "ln_2", 1, width);
    add(parts, config, "mlp.c_fc", 4 * width, width);
    add(parts, config, "mlp.c_proj", width, 4 * width);
    parts.add(new Part("ln_f.weight", 1, width, 0));
    parts.add(new Part("ln_f.bias", 1, width, 0));
    return parts;
  }

  private static void add(List<Part> parts, Gpt2Config config, String name, int rows, int columns) {
    for (int layer = 0; layer < config.layers(); layer++) {
      parts.add(new Part("h.%d.%s.weight".formatted(layer, name), rows, columns, 0));
    }
    int outputs = rows == 1 ? columns : rows;
    for (int layer = 0; layer < config.layers(); layer++) {
      parts.add(new Part("h.%d.%s.bias".formatted(layer, name), 1, outputs, 0));
    }
  }
}
