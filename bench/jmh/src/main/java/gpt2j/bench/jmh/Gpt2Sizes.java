package gpt2j.bench.jmh;

/** The sizes of GPT-2 124M. */
final class Gpt2Sizes {
  static final int LAYERS = 12;
  static final int HEADS = 12;
  static final int HEAD_SIZE = 64;
  static final int WIDTH = HEADS * HEAD_SIZE;
  static final int INNER = 4 * WIDTH;
  static final int VOCABULARY = 50_257;
  static final int CONTEXT = 1024;

  private Gpt2Sizes() {}
}
