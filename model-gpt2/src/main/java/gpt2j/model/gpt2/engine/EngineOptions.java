package gpt2j.model.gpt2.engine;

import java.util.OptionalInt;

/**
 * The extent of an engine.
 *
 * @param rows samples that are drawn for side by side at most
 * @param spareSlots further slots of the cache, which keep what ended for prompts that begin alike
 * @param capacity tokens that a slot can hold; empty for the model's context
 * @param prefillChunk tokens of prompts that are evaluated between two steps at most; empty for
 *     what suits the device
 * @param waiting requests that wait for a slot at most
 * @param unread events of a request that its reader hasn't taken, from which on the request idles;
 *     it goes on when half of them are left
 */
public record EngineOptions(
    int rows,
    int spareSlots,
    OptionalInt capacity,
    OptionalInt prefillChunk,
    int waiting,
    int unread) {
  public EngineOptions {
    require(rows >= 1, "rows", 1, rows);
    require(spareSlots >= 0, "spare slots", 0, spareSlots);
    capacity.ifPresent(tokens -> require(tokens >= 1, "capacity", 1, tokens));
    prefillChunk.ifPresent(tokens -> require(tokens >= 1, "prefill chunk", 1, tokens));
    require(waiting >= 1, "requests that wait", 1, waiting);
    require(unread >= 1, "unread events", 1, unread);
  }

  private static void require(boolean fine, String name, int least, int value) {
    if (!fine) {
      throw new IllegalArgumentException(
          "%s must be %d or more, not %d".formatted(name, least, value));
    }
  }

  /**
   * Eight rows, four spare slots, the model's context, chunks that suit the device, 256 requests
   * that wait, and as many events unread.
   */
  public static EngineOptions defaults() {
    return new EngineOptions(8, 4, OptionalInt.empty(), OptionalInt.empty(), 256, 256);
  }

  public EngineOptions withRows(int rows) {
    return new EngineOptions(rows, spareSlots, capacity, prefillChunk, waiting, unread);
  }

  public EngineOptions withSpareSlots(int spareSlots) {
    return new EngineOptions(rows, spareSlots, capacity, prefillChunk, waiting, unread);
  }

  public EngineOptions withCapacity(int capacity) {
    return new EngineOptions(
        rows, spareSlots, OptionalInt.of(capacity), prefillChunk, waiting, unread);
  }

  public EngineOptions withPrefillChunk(int prefillChunk) {
    return new EngineOptions(
        rows, spareSlots, capacity, OptionalInt.of(prefillChunk), waiting, unread);
  }

  public EngineOptions withWaiting(int waiting) {
    return new EngineOptions(rows, spareSlots, capacity, prefillChunk, waiting, unread);
  }

  public EngineOptions withUnread(int unread) {
    return new EngineOptions(rows, spareSlots, capacity, prefillChunk, waiting, unread);
  }
}
