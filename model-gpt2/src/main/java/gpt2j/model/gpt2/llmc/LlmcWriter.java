package gpt2j.model.gpt2.llmc;

import gpt2j.api.tensor.GeluForm;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.ModelWeights;
import gpt2j.model.gpt2.format.RowWriter;
import gpt2j.model.gpt2.llmc.LlmcLayout.Part;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.LongConsumer;

/** Writes a checkpoint of llm.c, with the vocabulary padded as llm.c pads it. */
public final class LlmcWriter {
  private static final int PADDING = 128;
  private static final float EPSILON = 1e-5f;

  private final ModelWeights model;
  private final WeightFormat format;
  private final int padded;
  private final List<Part> parts;

  /**
   * A writer, which writes nothing yet.
   *
   * @param format F32 or BF16
   * @throws FormatException when llm.c can't run the model
   */
  public LlmcWriter(ModelWeights model, WeightFormat format) {
    this.model = model;
    this.format = format;
    Gpt2Config config = model.config();
    String problem =
        config.activation() != GeluForm.TANH
            ? "the model's GELU is exact (activation_function gelu, as in nanoGPT), and llm.c's is"
                + " by tanh"
            : !config.scaleAttention() || config.scaleByInverseLayer()
                ? "the model's attention scores are scaled in another way than llm.c's"
                : config.innerWidth() != 4 * config.embeddingWidth()
                    ? "the model's n_inner isn't four times n_embd, as llm.c has it"
                    : config.layerNormEpsilon() != EPSILON
                        ? "the model's layer_norm_epsilon isn't 1e-5, as llm.c has it"
                        : model.tensors().containsKey(ModelWeights.HEAD)
                            ? "the model has an output head of its own, and llm.c's is the"
                                + " embedding"
                            : "";
    if (!problem.isEmpty()) {
      throw new FormatException(problem);
    }
    padded = Math.ceilDiv(config.vocabularySize(), PADDING) * PADDING;
    parts = LlmcLayout.of(config, padded);
  }

  /** How many bytes the file will have. */
  public long bytes() {
    long numbers =
        parts.stream()
            .mapToLong(part -> part.elements() + (long) part.padding() * part.columns())
            .sum();
    return (long) LlmcLayout.HEADER_INTS * Integer.BYTES + format.bytes(1, numbers);
  }

  /**
   * Writes the file.
   *
   * @param progress is told how many bytes are written
   */
  public void write(OutputStream stream, LongConsumer progress) throws IOException {
    RowWriter out = new RowWriter(stream, progress);
    Gpt2Config config = model.config();
    int version = format == WeightFormat.F32 ? LlmcLayout.VERSION_F32 : LlmcLayout.VERSION_BF16;
    int[] header = {
      LlmcLayout.MAGIC,
      version,
      config.contextLength(),
      config.vocabularySize(),
      config.layers(),
      config.heads(),
      config.embeddingWidth(),
      padded
    };
    for (int i = 0; i < LlmcLayout.HEADER_INTS; i++) {
      out.intNumber(i < header.length ? header[i] : 0);
    }
    for (Part part : parts) {
      ModelWeights.Rows rows = model.rows(part.name());
      float[] row = new float[rows.width()];
      for (int i = 0; i < rows.count(); i++) {
        rows.read(i, row);
        out.row(row, format);
      }
      for (int i = 0; i < part.padding(); i++) {
        out.row(new float[part.columns()], format);
      }
    }
    out.flush();
  }
}
