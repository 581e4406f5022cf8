package gpt2j.cli.data;

import gpt2j.cli.io.CommandContext;
import gpt2j.cli.io.Heartbeat;
import gpt2j.model.gpt2.data.DataSet;
import java.nio.file.Path;

/** Opens prepared data, all of which is read once then. */
public final class DataSets {
  private DataSets() {}

  public static DataSet open(CommandContext context, Path folder) {
    try (Heartbeat _ = new Heartbeat(context, () -> "checking " + folder)) {
      return DataSet.open(folder);
    }
  }
}
