package gpt2j.bench.visualize;

import gpt2j.api.TokenQueue;

/**
 * A backend's queue of depth 0, so that no step is queued before the one before it was looked at.
 *
 * @param queue the backend's
 */
record StepByStepQueue(TokenQueue queue) implements TokenQueue {
  @Override
  public int depth() {
    return 0;
  }

  @Override
  public int rows() {
    return queue.rows();
  }

  @Override
  public void take(int[] tokens) {
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
