package gpt2j.model.gpt2.format;

import gpt2j.api.tensor.HostTensor;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.util.Map;

/**
 * A whole model that is to be written to a file.
 *
 * @param tensors by Hugging Face's names without {@code transformer.}, in the order in which the
 *     model uses them; with {@code lm_head.weight} unless the output head is the embedding
 */
public record ModelWeights(Gpt2Config config, Map<String, HostTensor> tensors) {
  public static final String EMBEDDING = "wte.weight";
  public static final String POSITIONS = "wpe.weight";
  public static final String HEAD = "lm_head.weight";

  /** A tensor that there is. */
  public HostTensor tensor(String name) {
    HostTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the model has no tensor " + name);
    }
    return tensor;
  }

  /** Whether it is the matrix of a linear layer, {@code [inputs, outputs]}. */
  public static boolean isLinear(String name) {
    return name.startsWith("h.") && name.contains(".c_") && name.endsWith(".weight");
  }

  /**
   * The columns of a tensor as rows, one by one, or its rows where it isn't linear: vectors along
   * the inputs, in any case.
   */
  public Rows rows(String name) {
    return new Rows(tensor(name), isLinear(name));
  }

  /** Reads vectors along the inputs. */
  public static final class Rows {
    private static final int BAND = 1 << 24; // numbers that are turned at a time: 64 MiB

    private final HostTensor tensor;
    private final boolean isTurned;
    private final int count;
    private final int width;
    private float[] band = {};
    private int bandBegin;
    private int bandRows;

    private Rows(HostTensor tensor, boolean isTurned) {
      this.tensor = tensor;
      this.isTurned = isTurned;
      int rows = tensor.shape().rank() == 1 ? 1 : tensor.shape().rows();
      int columns = Math.toIntExact(tensor.shape().elements() / rows);
      count = isTurned ? columns : rows;
      width = isTurned ? rows : columns;
    }

    /** How many there are. */
    public int count() {
      return count;
    }

    /** How many numbers each has. */
    public int width() {
      return width;
    }

    /** Reads one; in their order this is fast. */
    public void read(int row, float[] to) {
      if (!isTurned) {
        tensor.copyTo((long) row * width, to, 0, width);
        return;
      }
      if (row < bandBegin || row >= bandBegin + bandRows) {
        fill(row);
      }
      System.arraycopy(band, (row - bandBegin) * width, to, 0, width);
    }

    private void fill(int first) {
      bandBegin = first;
      bandRows = Math.min(count - first, Math.max(1, BAND / width));
      band = new float[bandRows * width];
      float[] line = new float[bandRows];
      for (int input = 0; input < width; input++) {
        tensor.copyTo((long) input * count + first, line, 0, bandRows);
        for (int row = 0; row < bandRows; row++) {
          band[row * width + input] = line[row];
        }
      }
    }
  }
}
