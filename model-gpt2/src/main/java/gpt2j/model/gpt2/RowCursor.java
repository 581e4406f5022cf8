package gpt2j.model.gpt2;

import java.util.List;

/** Walks over the tokens of extensions, one extension after another. */
final class RowCursor {
  private final List<Extension> extensions;
  private int extension;
  private int index;
  private int position;

  RowCursor(List<Extension> extensions) {
    this.extensions = extensions;
  }

  boolean atEnd() {
    return extension == extensions.size();
  }

  /** Tokens passed so far, of all extensions. */
  int position() {
    return position;
  }

  int sequence() {
    return extensions.get(extension).sequence();
  }

  int token() {
    return extensions.get(extension).tokens()[index];
  }

  /** Whether this is the extension's last token. */
  boolean lastOfSequence() {
    return index == extensions.get(extension).tokens().length - 1;
  }

  void advance() {
    position++;
    index++;
    if (index == extensions.get(extension).tokens().length) {
      extension++;
      index = 0;
    }
  }
}
