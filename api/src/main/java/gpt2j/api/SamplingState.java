package gpt2j.api;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What sampling keeps between draws, one entry per row of logits: how to draw, the random stream,
 * the number of the next draw, the tokens seen and drawn. It lives with the backend, so that
 * drawing needs no host. Rows have nothing to do with each other, and each may be changed between
 * two runs of a recorded step, which needn't be recorded again.
 */
public interface SamplingState extends AutoCloseable {
  /** What is drawn where logits are no numbers to draw from: no token. */
  int NO_TOKEN = -1;

  /** Rows of logits that can be drawn from together, at most. */
  int rows();

  /** Tokens to choose from. */
  int vocabulary();

  /**
   * How a row draws from now on, in order with the operations queued. What it has seen and drawn
   * stays, and so does what it is allowed.
   *
   * @throws IllegalArgumentException when there is no such row, or a logit bias is of no token
   */
  void use(int row, SamplingParameters parameters);

  /**
   * Which tokens a row may draw from now on, in order with the operations queued.
   *
   * @param tokens at least one; null for all
   * @throws IllegalArgumentException when there is no such row or token, or no token is allowed
   */
  void allow(int row, @Nullable BitSet tokens);

  /**
   * Starts a row's stream and its history anew, in order with the operations queued.
   *
   * @param row which row
   * @param stream its random stream; equal streams of one seed draw equal numbers
   * @param draw the number of the next draw, counted from 0
   * @param prompt tokens that count as seen
   * @param drawn tokens that count as drawn, as often as they are there, and as seen
   * @throws IllegalArgumentException when there is no such row or token
   */
  void reset(int row, long stream, int draw, int[] prompt, int[] drawn);

  /** The same with no token drawn before. */
  default void reset(int row, long stream, int draw, int... prompt) {
    reset(row, stream, draw, prompt, new int[0]);
  }

  @Override
  void close();
}
