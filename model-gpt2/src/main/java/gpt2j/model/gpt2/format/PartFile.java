package gpt2j.model.gpt2.format;

import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.files.PositionedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * One of the files of a model that lies in several, whose name goes before what is said of it.
 *
 * @param name empty where the model has no other file, so that whoever reads knows which it is
 */
public record PartFile(String name, PositionedFile file) implements AutoCloseable {
  /** The most files that a model may lie in: many times those of any GPT-2. */
  public static final int MOST = 1000;

  /**
   * Opens a file beside another.
   *
   * @param beside any file of the same folder
   * @throws FormatException when it can't be read
   */
  public static PartFile open(Path beside, String name) {
    try {
      return new PartFile(name, PositionedFile.open(beside.resolveSibling(name)));
    } catch (IOException e) {
      throw new FormatException(name + ": " + Io.explain(e));
    }
  }

  /** What is said of the file, to follow the name of the model. */
  public String at(String text) {
    return name.isEmpty() ? text : name + ": " + text;
  }

  /** Reads as {@link PositionedFile#read}. */
  public void read(long position, MemorySegment to) throws IOException {
    try {
      file.read(position, to);
    } catch (IOException e) {
      throw named(e);
    }
  }

  /** As {@link WeightFile#requireUnchanged}. */
  public void requireUnchanged() throws IOException {
    try {
      file.requireUnchanged();
    } catch (IOException e) {
      throw named(e);
    }
  }

  private IOException named(IOException e) {
    return name.isEmpty() ? e : new IOException(at(Io.explain(e)), e);
  }

  @Override
  public void close() {
    file.close();
  }
}
