package gpt2j.model.gpt2.convert;

import gpt2j.api.tensor.WeightFormat;
import java.nio.file.Path;
import java.util.List;

/** What a checkpoint can be written as. */
public enum Target {
  /** A folder in the layout of Hugging Face. */
  HF(List.of(WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16)),
  /** A file of llama.cpp. */
  GGUF(
      List.of(
          WeightFormat.F32,
          WeightFormat.F16,
          WeightFormat.BF16,
          WeightFormat.Q8_0,
          WeightFormat.Q4_0)),
  /** A file of llm.c. */
  LLMC(List.of(WeightFormat.F32, WeightFormat.BF16));

  private final List<WeightFormat> formats;

  Target(List<WeightFormat> formats) {
    this.formats = formats;
  }

  /** The formats that its weights may have. */
  public List<WeightFormat> formats() {
    return formats;
  }

  /** What a place's name says: {@code .gguf}, {@code .bin}, else a folder. */
  public static Target of(Path place) {
    String name = String.valueOf(place.getFileName());
    return name.endsWith(".gguf") ? GGUF : name.endsWith(".bin") ? LLMC : HF;
  }
}
