package gpt2j.backend.cuda.forward;

import gpt2j.api.Epilogue;
import gpt2j.backend.cuda.memory.CudaTensor;
import gpt2j.backend.cuda.memory.DeviceMatrix;
import org.jspecify.annotations.Nullable;

/** What is held back because the operation after it may be queued together with it. */
public sealed interface Pending {
  /** A layer norm of few rows. */
  record Norm(CudaTensor out, CudaTensor x, CudaTensor gain, CudaTensor bias, float epsilon)
      implements Pending {}

  /**
   * A product of few rows.
   *
   * @param norm the norm that {@code x} is the result of, when it is queued with it
   */
  record Product(
      @Nullable Norm norm, CudaTensor out, CudaTensor x, DeviceMatrix weights, Epilogue epilogue)
      implements Pending {}
}
