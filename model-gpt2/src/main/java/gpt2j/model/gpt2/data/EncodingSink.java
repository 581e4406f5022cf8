package gpt2j.model.gpt2.data;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Has documents encoded for one of the shards. */
record EncodingSink(Encoding encoding, EncodedPart target) implements DocumentSink {
  @Override
  public void text(String text) {
    add(text, false);
  }

  @Override
  public void end() {
    add("", true);
  }

  private void add(String text, boolean ends) {
    try {
      encoding.add(target, text, ends);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
