package gpt2j.model.gpt2.data.prepare;

import java.text.BreakIterator;
import java.util.Locale;

/** Gives each document, or either side of it, to one of two sinks. */
final class SplitDocuments implements DocumentSink {
  /** Characters to look through for a good place to cut. */
  private static final int LONGEST_SEARCH = 1 << 16;

  /** What that may take off the part for validation. */
  private static final int SHARE = 10;

  /** Code units that make one character for people, at most, unless someone plays. */
  private static final int LONGEST_CHARACTER = 256;

  private final DocumentSink train;
  private final DocumentSink validation;
  private final Split split;
  private final long[] sizes;
  private int document;

  /** Of the document, characters that were for training, and whether the rest isn't. */
  private long before;

  private boolean cut;
  private boolean validated;

  /**
   * Documents to be split.
   *
   * @param sizes characters of each
   */
  SplitDocuments(DocumentSink train, DocumentSink validation, Split split, long... sizes) {
    this.train = train;
    this.validation = validation;
    this.split = split;
    this.sizes = sizes;
  }

  @Override
  public void text(String text) {
    long left = split.kept(document) - before;
    if (cut || left == 0) {
      cut = true;
      validated = true;
      validation.text(text);
    } else if (left > text.length()) {
      before += text.length();
      train.text(text);
    } else {
      int at = place(text, (int) left);
      train.text(text.substring(0, at));
      train.end();
      cut = true;
      validated = at < text.length();
      if (validated) {
        validation.text(text.substring(at));
      }
    }
  }

  /** Where to cut: behind a line, else before white space, else where a character ends. */
  private int place(String text, int from) {
    long share = (sizes[document] - split.kept(document)) / SHARE;
    int last = (int) Math.min(from + Math.min(share, LONGEST_SEARCH), text.length());
    for (int at = from; at <= last; at++) {
      if (text.charAt(at - 1) == '\n') {
        return at;
      }
    }
    for (int at = from; at < last; at++) {
      if (Character.isWhitespace(text.charAt(at)) && !Character.isWhitespace(text.charAt(at - 1))) {
        return at;
      }
    }
    int start = Math.max(0, from - LONGEST_CHARACTER);
    BreakIterator ends = BreakIterator.getCharacterInstance(Locale.ROOT);
    ends.setText(text.substring(start, Math.min(text.length(), from + LONGEST_CHARACTER)));
    int end = start + ends.following(from - 1 - start);
    if (end <= last) {
      return end;
    }
    return Character.isLowSurrogate(text.charAt(from)) ? from == 1 ? 2 : from - 1 : from;
  }

  @Override
  public void end() {
    if (!cut) {
      train.end();
    } else if (validated) {
      validation.end(); // there was no more than one character to cut otherwise
    }
    document++;
    before = 0;
    cut = false;
    validated = false;
  }
}
