package gpt2j.model.gpt2;

/** Why a completion ended. */
public enum FinishReason {
  /** One of the request's stop strings appeared. */
  STOP_STRING("stop"),
  /** The model drew its end-of-text token. */
  END_OF_TEXT("end_of_text"),
  /** As many tokens were drawn as the request allows. */
  MAX_NEW_TOKENS("length"),
  /** The context is full and the request says {@link ContextOverflow#STOP}. */
  CONTEXT_FULL("length"),
  /**
   * {@link Generation#cancel} was called, the thread was interrupted, or the generation was closed
   * before its end.
   */
  CANCELLED("cancelled"),
  /** The time that the request was given to an engine with is over. */
  DEADLINE("deadline");

  private final String label;

  FinishReason(String label) {
    this.label = label;
  }

  /** The name in machine-readable output; both limits on the length share {@code length}. */
  public String label() {
    return label;
  }
}
