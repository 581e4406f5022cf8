package gpt2j.bench.fake;

import gpt2j.api.TokenQueue;

/** Tokens come when the device is done. */
record FakeTokenQueue(TokenQueue queue, VirtualTime time) implements TokenQueue {
  @Override
  public int rows() {
    return queue.rows();
  }

  @Override
  public int depth() {
    return queue.depth();
  }

  @Override
  public void take(int[] tokens) {
    time.await();
    queue.take(tokens);
  }

  @Override
  public void clear() {
    queue.clear();
  }

  @Override
  public void close() {
    queue.close();
  }
}
