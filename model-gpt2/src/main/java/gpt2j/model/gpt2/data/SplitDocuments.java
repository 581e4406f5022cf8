package gpt2j.model.gpt2.data;

/** Gives each document to one of two sinks. */
final class SplitDocuments implements DocumentSink {
  private final DocumentSink train;
  private final DocumentSink validation;
  private final Split split;
  private DocumentSink current;

  SplitDocuments(DocumentSink train, DocumentSink validation, Split split) {
    this.train = train;
    this.validation = validation;
    this.split = split;
    current = choose();
  }

  private DocumentSink choose() {
    return split.nextIsValidation() ? validation : train;
  }

  @Override
  public void text(String text) {
    current.text(text);
  }

  @Override
  public void end() {
    current.end();
    current = choose();
  }
}
