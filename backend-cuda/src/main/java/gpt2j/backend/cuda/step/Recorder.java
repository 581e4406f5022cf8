package gpt2j.backend.cuda.step;

import gpt2j.backend.cuda.forward.CudaSamplingState;
import gpt2j.backend.cuda.memory.DeviceMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Notes what a step uses while it is recorded. */
public final class Recorder {
  private final DeviceMemory memory;
  private @Nullable Recording recording;

  /**
   * What a step uses.
   *
   * @param memory the memory whose addresses its kernels hold
   * @param queues where it puts an entry in, once for each
   * @param states what it draws from
   */
  public record Recording(
      Set<DeviceMemory.Region> memory,
      List<CudaTokenQueue> queues,
      List<CudaSamplingState> states) {}

  public Recorder(DeviceMemory memory) {
    this.memory = memory;
  }

  /** From now on notes what is used. */
  void begin() {
    recording =
        new Recording(
            Collections.newSetFromMap(new IdentityHashMap<>()),
            new ArrayList<>(),
            new ArrayList<>());
    memory.note(recording.memory()::add);
  }

  /** What was used since. */
  Recording end() {
    Recording ended = Objects.requireNonNull(recording);
    recording = null;
    memory.note(region -> {});
    return ended;
  }

  /** That of the step that is being recorded, or null. */
  public @Nullable Recording recording() {
    return recording;
  }
}
