package gpt2j.model.gpt2.data.prepare;

import gpt2j.model.gpt2.data.DataDescription.Part;
import gpt2j.model.gpt2.data.ShardWriter;
import gpt2j.model.gpt2.data.TokenType;
import java.io.IOException;
import java.nio.file.Path;

/** One of the two shards while it is written. */
final class EncodedPart implements AutoCloseable {
  private final ShardWriter shard;
  private long documents;
  private long bytes;

  EncodedPart(Path file, TokenType type) throws IOException {
    shard = new ShardWriter(file, type);
  }

  /**
   * Appends text that became tokens.
   *
   * @param textBytes of the text
   * @param ends how many documents end in it
   */
  void write(int[] tokens, long textBytes, int ends) throws IOException {
    shard.write(tokens);
    bytes += textBytes;
    documents += ends;
  }

  /** Writes what is left, and says what there is. */
  Part finish() throws IOException {
    shard.finish();
    return new Part(documents, bytes, shard.written(), shard.checksum());
  }

  @Override
  public void close() throws IOException {
    shard.close();
  }
}
