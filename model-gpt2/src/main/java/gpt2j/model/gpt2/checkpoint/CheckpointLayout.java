package gpt2j.model.gpt2.checkpoint;

import gpt2j.api.tensor.DataType;
import gpt2j.model.gpt2.config.Gpt2Config;

/** The files of a checkpoint, for those who write one. */
public final class CheckpointLayout {
  /** The file of the configuration. */
  public static final String CONFIG = ConfigReader.FILE;

  /** The file of the weights, when there is one alone. */
  public static final String WEIGHTS = WeightFiles.SINGLE;

  private CheckpointLayout() {}

  /** The text of {@link #CONFIG}, for float32 weights. */
  public static byte[] configText(Gpt2Config config) {
    return ConfigWriter.text(config, InitialTensors.DEVIATION, DataType.F32);
  }
}
