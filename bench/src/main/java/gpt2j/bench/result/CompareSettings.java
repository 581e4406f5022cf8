package gpt2j.bench.result;

import gpt2j.model.gpt2.json.MayBeNull;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is compared.
 *
 * @param labelA name of the first side: the folder of its file, or what sets it apart, as {@code
 *     backend=cpu}
 * @param labelB name of the second side
 * @param interleaved whether both sides were measured here in turn; if not, they come from files
 * @param grid what was measured, for both sides but for what sets them apart; null from files
 * @param vs what the second side has instead, as {@code backend=cuda}; null from files
 */
public record CompareSettings(
    String labelA,
    String labelB,
    boolean interleaved,
    @MayBeNull @Nullable GridSettings grid,
    @MayBeNull @Nullable String vs) {
  /** Two results, which are called by their folders, without where on this machine these are. */
  public static CompareSettings ofFiles(Path a, Path b) {
    String nameOfA = name(a);
    String nameOfB = name(b);
    boolean differ = !nameOfA.equals(nameOfB);
    return new CompareSettings(
        differ ? nameOfA : nameOfA + " (A)",
        differ ? nameOfB : nameOfB + " (B)",
        false,
        null,
        null);
  }

  /** The same with another grid, if there is one. */
  public CompareSettings withGrid(UnaryOperator<GridSettings> change) {
    return new CompareSettings(
        labelA, labelB, interleaved, grid == null ? null : change.apply(grid), vs);
  }

  private static String name(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    boolean hasUsualName = file.endsWith(ResultFile.NAME) && folder.getFileName() != null;
    return String.valueOf(hasUsualName ? folder.getFileName() : file.getFileName());
  }
}
