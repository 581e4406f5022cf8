package gpt2j.api.training;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;

/**
 * Which elements dropout keeps (Srivastava et al. 2014). Element e of a place is kept when its
 * random word is at least {@code probability · 2³²}, unsigned, and then divided by 1 − probability;
 * the others become 0. The word is number {@code e mod 4} of {@link gpt2j.api.Philox#words
 * Philox.words(seed, e/4, pass, site)}, so forward and backward pass, and every backend, drop the
 * same elements without keeping a mask.
 */
public sealed interface Dropout {
  /** Everything is kept. */
  Dropout NONE = new None();

  /** See {@link #NONE}. */
  record None() implements Dropout {}

  /**
   * Some elements are dropped.
   *
   * @param probability that an element is dropped, above 0 and below 1
   * @param seed of the training run
   * @param site number of the place in the model, so that no two places drop alike
   * @param pass I32 {@code [1]}: number of the forward pass, which the host writes before each
   */
  record Random(float probability, long seed, int site, Tensor pass) implements Dropout {
    public Random {
      if (!(probability > 0 && probability < 1)) {
        throw new IllegalArgumentException(
            "dropout is a probability above 0 and below 1, not " + probability);
      }
      if (pass.type() != DataType.I32 || !pass.shape().equals(Shape.of(1))) {
        throw new IllegalArgumentException(
            "dropout: pass must be I32 [1], not %s %s".formatted(pass.type(), pass.shape()));
      }
    }

    /** Random words below this one, unsigned, drop their element. */
    public int threshold() {
      return (int) (long) (probability * 0x1p32);
    }
  }
}
