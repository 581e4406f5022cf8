package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.tokenizer.TextCutter;
import gpt2j.model.gpt2.tokenizer.TextPart;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Has documents encoded for one of the shards. */
final class EncodingSink implements DocumentSink {
  private static final TextPart END = new TextPart("", true);

  private final Encoding encoding;
  private final EncodedPart target;
  private final TextCutter parts;

  EncodingSink(Encoding encoding, EncodedPart target) {
    this.encoding = encoding;
    this.target = target;
    parts =
        new TextCutter(
            encoding.tokenizer(), Encoding.CHARACTERS_PER_TASK, part -> add(part, false));
  }

  @Override
  public void text(String text) {
    parts.add(text);
  }

  @Override
  public void end() {
    parts.end();
    add(END, true);
  }

  private void add(TextPart part, boolean ends) {
    try {
      encoding.add(target, part, ends);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
