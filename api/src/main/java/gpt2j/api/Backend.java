package gpt2j.api;

import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.HostTensor;
import gpt2j.api.tensor.MemoryUsage;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Tensor;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.api.training.TrainingOperations;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * One opened device: its memory, its queue of operations, its clock.
 *
 * <p>Operations are asynchronous by contract: they queue in order, and only {@link #read}, {@link
 * #readKv} and {@link #synchronize} wait. Any thread may call at any time: each call takes {@link
 * #lock}. What must not mix with another thread's work, such as the operations of a step, is done
 * holding it.
 *
 * <p>Any thread may close the backend or a handle at any time, once it gets the lock: work under
 * way ends first. Closing the backend frees what is still allocated. After closing, whatever uses
 * memory or queues work throws {@link IllegalStateException}, for the backend with one message,
 * {@code the cpu backend is closed}; what only describes, such as {@link #device} and {@link
 * Tensor#shape}, still answers; closing a handle, or closing twice, does nothing. A backend or a
 * handle that was forgotten is closed some time after nothing leads to it any more.
 *
 * <p>Arguments that don't fit, such as sizes that differ, throw {@link IllegalArgumentException}.
 *
 * <p>What implements it for a kind of hardware is an {@link gpt2j.spi.UncheckedBackend} in a {@link
 * CheckedBackend}.
 */
public interface Backend extends AutoCloseable {
  /** What the device is. */
  DeviceInfo device();

  /** What is allocated right now. */
  MemoryUsage memory();

  /** Whether weights can be kept in {@code format}. */
  boolean supports(WeightFormat format);

  /**
   * Held by a thread while it queues work that must not mix with another thread's. It is fair: who
   * waits longest gets it next, so work that is done a piece at a time lets others in between.
   */
  Lock lock();

  /**
   * Throws unless so much more can be allocated, all of it together. Asked before work begins that
   * would otherwise fail half-way. Others may take the memory meanwhile, so an allocation may fail
   * all the same; a backend that can't tell does nothing.
   *
   * @param what what the memory is for, for the message
   * @throws OutOfMemoryException when the device or the limit has no room
   */
  default void requireRoom(String what, long bytes) {}

  /**
   * Begins the lifetime of something that holds memory of this backend.
   *
   * @param handle what is to be closed; when nothing leads to it any more before the lifetime's
   *     {@link Lifetime#end end}, the log says so
   * @param what the kind of thing, in a word or two
   */
  Lifetime lifetime(Object handle, String what);

  /**
   * New memory with undefined contents.
   *
   * @throws OutOfMemoryException when the device or the limit has no room
   * @throws UnsupportedException when the device has no such type
   */
  Tensor allocate(DataType type, Shape shape, Usage usage);

  /**
   * Takes a weight matrix for {@link Operations#linear}. The values are copied, converted and
   * packed as the backend likes; {@code weight} and {@code bias} aren't needed afterwards.
   *
   * @param weight {@code [inputs, outputs]}, the layout of GPT-2's checkpoints (Conv1D)
   * @param bias {@code [outputs]}, or null for none; kept in float32
   * @throws OutOfMemoryException when the device or the limit has no room
   * @throws UnsupportedException when {@link #supports} denies the format
   */
  LinearWeights linearWeights(HostTensor weight, @Nullable HostTensor bias, WeightFormat format);

  /**
   * Takes a table of vectors: token or position embeddings, and the output head, which in GPT-2 is
   * the table of token embeddings again.
   *
   * @param rows {@code [rows, width]}
   * @throws OutOfMemoryException when the device or the limit has no room
   * @throws UnsupportedException when {@link #supports} denies the format
   */
  EmbeddingTable embeddingTable(HostTensor rows, WeightFormat format);

  /**
   * A cache of keys and values with undefined contents.
   *
   * @throws OutOfMemoryException when the device or the limit has no room
   * @throws UnsupportedException when the cache can't be kept in the type asked for
   */
  KvCache kvCache(KvCacheSpec spec);

  /**
   * What {@link Operations#sample} needs beside the logits, for {@code rows} rows, each as after
   * {@link SamplingState#reset reset(row, row, 0)}; all tokens are allowed, and the most probable
   * is drawn.
   */
  SamplingState samplingState(int rows, int vocabulary);

  /** The same with other parameters, those of each row. */
  default SamplingState samplingState(int rows, int vocabulary, SamplingParameters parameters) {
    SamplingState state = samplingState(rows, vocabulary);
    try {
      for (int row = 0; row < rows; row++) {
        state.use(row, parameters);
      }
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  /** A queue for tokens of {@code rows} rows that {@link Operations#sample} draws. */
  TokenQueue tokenQueue(int rows);

  /**
   * Copies host memory into a tensor, in order with the operations queued.
   *
   * @param from as many bytes as the tensor has, little-endian; may be changed after the call
   */
  void write(Tensor to, MemorySegment from);

  /** Waits for everything queued before, then copies a tensor into as many bytes of host memory. */
  void read(Tensor from, MemorySegment to);

  /**
   * Waits for everything queued before, then copies keys and values of one layer and slot,
   * positions {@code 0 … positions - 1}, widened to float32.
   *
   * @param keys room for {@code [positions, heads, headSize]} float32
   * @param values room for as much
   */
  void readKv(
      KvCache cache, int layer, int slot, int positions, MemorySegment keys, MemorySegment values);

  /** The operations, queued on this backend. */
  Operations operations();

  /**
   * The operations of training, queued on this backend.
   *
   * @throws UnsupportedException when this backend doesn't train
   */
  default TrainingOperations training() {
    throw new UnsupportedException(device().name() + " does not train");
  }

  /**
   * Records what {@code body} queues as a step that can be run again and again. The tensors, their
   * shapes and all host values are fixed by recording; what changes between runs lies in device
   * memory. Recording does not run the step. {@code body} must only call {@link Operations}, {@link
   * TrainingOperations} and {@link Profiler#section}, and may be called later, once per run, or
   * never again.
   */
  Step record(String name, Runnable body);

  /** Measures sections of the work on this backend. */
  Profiler profiler();

  /** Waits until everything queued is done. */
  void synchronize();

  @Override
  void close();
}
