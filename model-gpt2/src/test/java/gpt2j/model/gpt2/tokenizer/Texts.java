package gpt2j.model.gpt2.tokenizer;

import java.util.SplittableRandom;

/** Random texts that go where tokenizers go wrong. */
final class Texts {
  private static final String[] PARTS = {
    "'s",
    "'ll",
    "'",
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "\u00a0",
    "\u3000",
    "\u0085",
    "\u200d",
    "\ufeff",
    "<|endoftext|>",
    "<|endoftext|",
    "|>",
    "the",
    " the",
    "123",
    "\u0663",
    "\u0301",
    "\ufffd",
    "\0"
  };

  private Texts() {}

  /** Any characters that Unicode allows, alone and in runs, assigned or not. */
  static String next(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int parts = random.nextInt(1, 12); parts > 0; parts--) {
      switch (random.nextInt(6)) {
        case 0 -> text.append(PARTS[random.nextInt(PARTS.length)]);
        case 1 -> characters(text, random, random.nextInt(1, 20), 0x20, 0x7F);
        case 2 -> characters(text, random, random.nextInt(1, 8), 0, 0x800);
        case 3 -> characters(text, random, random.nextInt(1, 5), 0x800, 0x10000);
        case 4 -> characters(text, random, random.nextInt(1, 4), 0x10000, 0x110000);
        default -> text.append(PARTS[random.nextInt(PARTS.length)].repeat(random.nextInt(1, 40)));
      }
    }
    return text.toString();
  }

  private static void characters(
      StringBuilder text, SplittableRandom random, int count, int low, int high) {
    for (int i = 0; i < count; i++) {
      int c = random.nextInt(low, high);
      text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? 'x' : c);
    }
  }
}
