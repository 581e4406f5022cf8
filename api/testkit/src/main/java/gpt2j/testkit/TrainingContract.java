package gpt2j.testkit;

import org.junit.jupiter.api.Nested;

/**
 * What every backend must do for training: forward passes as the reference backend's, backward
 * passes as central differences in float64 and as the reference backend's. A backend's tests
 * subclass it:
 *
 * {@snippet :
 * class CpuTrainingContractTest extends TrainingContract {
 *   @Override
 *   protected BackendProvider provider() {
 *     return new CpuBackendProvider();
 *   }
 * }
 * }
 *
 * <p>A backend that doesn't train says so by {@link Feature#TRAINING} in {@link #unsupported}: then
 * all of it is aborted, as in {@link BackendContract}, and neither passed nor failed.
 */
public abstract class TrainingContract extends Suite {
  /** For subclasses. */
  protected TrainingContract() {}

  /**
   * How far a result may be off, relative to the larger of 1 and the result, when what goes in is
   * about 1: the error of float32 sums.
   */
  protected double tolerance() {
    return 2e-5;
  }

  @Nested
  final class Embed extends TrainingEmbedContract {
    Embed() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class LayerNorm extends TrainingNormContract {
    LayerNorm() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Products extends TrainingProductContract {
    Products() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Gelu extends TrainingGeluContract {
    Gelu() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Attention extends TrainingAttentionContract {
    Attention() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Dropouts extends DropoutContract {
    Dropouts() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Loss extends TrainingLossContract {
    Loss() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Optimizer extends OptimizerContract {
    Optimizer() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Steps extends TrainingStepContract {
    Steps() {
      super(TrainingContract.this);
    }
  }

  @Nested
  final class Arguments extends TrainingArgumentContract {
    Arguments() {
      super(TrainingContract.this);
    }
  }
}
