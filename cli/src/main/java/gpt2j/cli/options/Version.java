package gpt2j.cli.options;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version, which the build writes into a resource. */
public final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    try (InputStream in = Objects.requireNonNull(Version.class.getResourceAsStream("version"))) {
      return new String[] {
        "gpt2j " + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip()
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
