package gpt2j.model.gpt2;

/** What a random stream has behind it: owned by whoever keeps the text that is drawn. */
interface DrawHistory {
  /** The tokens before the first draw. */
  int[] prompt();

  /** The tokens drawn and taken, as many as there were draws. */
  int[] drawn();

  /** A token was drawn and taken. */
  void drew(int token);

  /** One with a list of its own. */
  static DrawHistory of(int[] prompt, int... before) {
    TokenList drawn = new TokenList();
    drawn.addAll(before);
    return new DrawHistory() {
      @Override
      public int[] prompt() {
        return prompt;
      }

      @Override
      public int[] drawn() {
        return drawn.from(0);
      }

      @Override
      public void drew(int token) {
        drawn.add(token);
      }
    };
  }
}
