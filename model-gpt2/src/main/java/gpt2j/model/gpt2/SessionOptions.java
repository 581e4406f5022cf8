package gpt2j.model.gpt2;

import gpt2j.api.tensor.WeightFormat;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The extent of a session.
 *
 * @param sequences texts that can be held side by side
 * @param capacity tokens that each of them can hold; empty for the model's context
 * @param prefillChunk rows evaluated at a time at most, empty for what suits the device; more rows,
 *     more memory for activations: about 36 bytes per row and unit of the model's width
 * @param cacheType how keys and values are stored; empty for what the model was loaded with
 */
public record SessionOptions(
    int sequences,
    OptionalInt capacity,
    OptionalInt prefillChunk,
    Optional<WeightFormat> cacheType) {
  public SessionOptions {
    if (sequences < 1) {
      throw new IllegalArgumentException("sequences must be 1 or more, not " + sequences);
    }
    if (capacity.isPresent() && capacity.getAsInt() < 1) {
      throw new IllegalArgumentException("capacity must be 1 or more, not " + capacity.getAsInt());
    }
    if (prefillChunk.isPresent() && prefillChunk.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "prefill chunk must be 1 or more, not " + prefillChunk.getAsInt());
    }
  }

  /** One sequence of the whole context. */
  public static SessionOptions defaults() {
    return new SessionOptions(1, OptionalInt.empty(), OptionalInt.empty(), Optional.empty());
  }

  public SessionOptions withSequences(int sequences) {
    return new SessionOptions(sequences, capacity, prefillChunk, cacheType);
  }

  public SessionOptions withCapacity(int capacity) {
    return new SessionOptions(sequences, OptionalInt.of(capacity), prefillChunk, cacheType);
  }

  public SessionOptions withPrefillChunk(int prefillChunk) {
    return new SessionOptions(sequences, capacity, OptionalInt.of(prefillChunk), cacheType);
  }

  public SessionOptions withCacheType(WeightFormat cacheType) {
    return new SessionOptions(sequences, capacity, prefillChunk, Optional.of(cacheType));
  }
}
