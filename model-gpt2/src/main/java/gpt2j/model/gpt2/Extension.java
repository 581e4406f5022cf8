package gpt2j.model.gpt2;

/**
 * Tokens to append to a sequence of a {@link Session}.
 *
 * @param sequence which sequence, counted from 0
 * @param tokens one or more
 */
public record Extension(int sequence, int... tokens) {}
