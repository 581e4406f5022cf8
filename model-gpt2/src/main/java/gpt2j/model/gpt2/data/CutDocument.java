package gpt2j.model.gpt2.data;

/** Cuts a document in two, each a document of its own, for two sinks. */
final class CutDocument implements DocumentSink {
  private final DocumentSink first;
  private final DocumentSink second;
  private final long place;
  private long characters;
  private boolean cut;

  /**
   * A document to be cut.
   *
   * @param place character where it is cut at the earliest: where white space begins
   */
  CutDocument(DocumentSink first, DocumentSink second, long place) {
    this.first = first;
    this.second = second;
    this.place = place;
  }

  @Override
  public void text(String text) {
    if (cut) {
      second.text(text);
      return;
    }
    int at = Math.clamp(place - characters, 1, text.length());
    while (at < text.length() && !TextDocuments.isBoundary(text.charAt(at - 1), text.charAt(at))) {
      at++;
    }
    characters += text.length();
    first.text(text.substring(0, at));
    cut = characters >= place;
    if (cut) {
      first.end();
    }
    if (at < text.length()) {
      second.text(text.substring(at));
    }
  }

  @Override
  public void end() {
    second.end();
  }
}
