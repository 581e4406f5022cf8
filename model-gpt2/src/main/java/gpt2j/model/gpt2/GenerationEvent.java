package gpt2j.model.gpt2;

/** What happens while generating, one completion's event after another's. */
public sealed interface GenerationEvent {
  /** Which completion this is about: {@code prompt · samples + sample}, all counted from 0. */
  int index();

  /**
   * The next piece of the completion's text, often empty: characters are held back while they are
   * incomplete or may become a stop string. All pieces of a completion make its text.
   */
  String text();

  /** A token was drawn. */
  record Token(int index, int token, String text) implements GenerationEvent {}

  /** A completion has ended; the last event about it. */
  record Finished(int index, String text, Completion completion) implements GenerationEvent {}
}
