package gpt2j.cli;

import gpt2j.model.gpt2.data.DataSet;
import java.nio.file.Path;

/** Opens prepared data, all of which is read once then. */
final class DataSets {
  private DataSets() {}

  static DataSet open(Context context, Path folder) {
    try (Heartbeat _ = new Heartbeat(context, () -> "checking " + folder)) {
      return DataSet.open(folder);
    }
  }
}
