package gpt2j.model.gpt2.files;

import java.io.InputStream;
import java.util.Objects;

/** The checkpoint among this module's resources. */
public final class BundledFiles {
  private static final String FOLDER = "/gpt2j/model/gpt2/bundled/";

  private BundledFiles() {}

  /**
   * One of its files.
   *
   * @param name as in a directory
   */
  public static InputStream open(String name) {
    return Objects.requireNonNull(
        BundledFiles.class.getResourceAsStream(FOLDER + name), "the build lacks " + name);
  }
}
