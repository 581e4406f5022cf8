package gpt2j.backend.cuda.driver;

import static jcuda.driver.CUevent_record_flags.CU_EVENT_RECORD_EXTERNAL;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventRecordWithFlags;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/** A mark in a stream that can be waited for, or whose time can be told. */
public final class Event implements AutoCloseable {
  private final CUevent event = new CUevent();

  private Event(int flags) {
    Cuda.check("cuEventCreate", cuEventCreate(event, flags));
  }

  /** One that tells the time. */
  public static Event timing() {
    return new Event(CUevent_flags.CU_EVENT_DEFAULT);
  }

  /** One to wait for, which is cheaper. */
  public static Event waiting() {
    return new Event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
  }

  /** Marks the end of what is queued now; an earlier mark is forgotten. */
  public void record(CUstream stream) {
    Cuda.check("cuEventRecord", cuEventRecord(event, stream));
  }

  /**
   * Makes the mark a part of what the stream captures, so that it is set anew by each run; the
   * plain way would only say what comes after what.
   */
  public void recordInGraph(CUstream stream) {
    Cuda.check(
        "cuEventRecordWithFlags", cuEventRecordWithFlags(event, stream, CU_EVENT_RECORD_EXTERNAL));
  }

  /** Waits until the mark is reached; not at all where there is none. */
  public void synchronize() {
    Cuda.check("cuEventSynchronize", cuEventSynchronize(event));
  }

  /** Nanoseconds on the device's clock from an earlier mark to this one, both reached. */
  public long nanosSince(Event earlier) {
    float[] milliseconds = new float[1];
    Cuda.check("cuEventElapsedTime", cuEventElapsedTime(milliseconds, earlier.event, this.event));
    return Math.round(milliseconds[0] * 1e6);
  }

  @Override
  public void close() {
    Cuda.check("cuEventDestroy", cuEventDestroy(event));
  }
}
