package gpt2j.bench.result;

import gpt2j.model.gpt2.json.MayBeNull;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that was to be measured.
 *
 * @param name {@code gpt2j} or the label of a {@link gpt2j.bench.result.setup.Program}
 * @param version its version and what it runs on; null when it never ran
 * @param missing what of it wasn't measured and why, in one line each
 */
public record ProgramSummary(
    String name, @MayBeNull @Nullable String version, List<String> missing) {
  /** The name of gpt2j itself. */
  public static final String GPT2J = "gpt2j";

  public ProgramSummary {
    missing = List.copyOf(missing);
  }

  /** Whether it never ran. */
  public boolean neverRan() {
    return version == null;
  }
}
