package gpt2j.api;

/**
 * Keys and values of past positions, for every layer and sequence slot. Its layout is the backend's
 * own. It belongs to whoever decodes, never to the model; how many positions of a slot are valid is
 * not its business but follows from the positions in each {@link TokenBatch}.
 */
public interface KvCache extends AutoCloseable {
  KvCacheSpec spec();

  @Override
  void close();
}
