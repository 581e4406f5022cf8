package gpt2j.testkit;

import gpt2j.api.tensor.WeightFormat;
import org.junit.jupiter.api.Nested;

/**
 * What every backend must do for generation, compared with the reference backend. A backend's tests
 * subclass it:
 *
 * {@snippet :
 * class CpuBackendContractTest extends BackendContract {
 *   @Override
 *   protected BackendProvider provider() {
 *     return new CpuBackendProvider();
 *   }
 * }
 * }
 *
 * <p>What the backend lacks is neither passed nor failed: a test that meets an {@link
 * gpt2j.api.UnsupportedException} is aborted with a message that starts with {@code UNSUPPORTED},
 * provided that {@link #unsupported} names the feature; otherwise it fails. How many tests were
 * aborted is printed at the end.
 *
 * <p>Training has a contract of its own, {@link TrainingContract}.
 */
public abstract class BackendContract extends Suite {
  /** For subclasses. */
  protected BackendContract() {}

  /**
   * How far a product with weights of this format may be off, relative to the larger of 1 and the
   * result, when inputs and results are about 1. The reference rounds the weights in the same way,
   * so this is the error of float32 sums alone, unless activations are rounded too.
   */
  protected double tolerance(WeightFormat format) {
    return 2e-5;
  }

  /** The same for attention over a cache of this type. */
  protected double cacheTolerance(WeightFormat type) {
    return 2e-5;
  }

  /**
   * How often to draw where {@code full} times would be tried: fewer times where a backend is very
   * slow. Which token is drawn is no matter of chance, so that what is tried is the same each time.
   */
  protected int draws(int full) {
    return full;
  }

  @Nested
  final class Tensors extends TensorContract {
    Tensors() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Embed extends EmbedContract {
    Embed() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class LayerNorm extends LayerNormContract {
    LayerNorm() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Linear extends LinearContract {
    Linear() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Gelu extends GeluContract {
    Gelu() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Attention extends AttentionContract {
    Attention() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class AttentionValues extends AttentionValuesContract {
    AttentionValues() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class KvCaches extends KvCacheContract {
    KvCaches() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Room extends RoomContract {
    Room() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class IdleRows extends IdleRowsContract {
    IdleRows() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Logits extends LogitsContract {
    Logits() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class CrossEntropy extends CrossEntropyContract {
    CrossEntropy() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Greedy extends GreedyContract {
    Greedy() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Sampling extends SamplingContract {
    Sampling() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class NoNumbers extends NoNumbersContract {
    NoNumbers() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Head extends HeadContract {
    Head() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class BatchInvariance extends BatchInvarianceContract {
    BatchInvariance() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class SamplingStates extends SamplingStateContract {
    SamplingStates() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class RowSampling extends RowSamplingContract {
    RowSampling() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Steps extends StepContract {
    Steps() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Memory extends MemoryContract {
    Memory() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Closing extends ClosingContract {
    Closing() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Profiling extends ProfilerContract {
    Profiling() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Arguments extends ArgumentContract {
    Arguments() {
      super(BackendContract.this);
    }
  }

  @Nested
  final class Provider extends ProviderContract {
    Provider() {
      super(BackendContract.this);
    }
  }
}
