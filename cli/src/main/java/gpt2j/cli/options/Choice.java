package gpt2j.cli.options;

import gpt2j.api.BackendProvider;
import gpt2j.api.tensor.DataType;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.setup.Program;
import gpt2j.bench.table.Table;
import gpt2j.cli.io.OneLine;
import gpt2j.model.gpt2.ContextOverflow;
import gpt2j.model.gpt2.config.Gpt2Size;
import gpt2j.model.gpt2.convert.Target;
import gpt2j.model.gpt2.training.Recompute;
import gpt2j.model.gpt2.training.TrainedBiases;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one of a few names; as an iterable, lists them for shell completion. */
public abstract class Choice<T> implements ITypeConverter<T>, Iterable<String> {
  private final Map<String, T> values = new LinkedHashMap<>();

  /** The names in the order in which they are to be listed. */
  public Choice(Map<String, T> values) {
    this.values.putAll(values);
  }

  /** Some values under the names that {@code name} gives them. */
  @SafeVarargs
  public Choice(Function<T, String> name, T... values) {
    for (T value : values) {
      this.values.put(name.apply(value), value);
    }
  }

  /** The format in which weights are kept. */
  public static final class OfPrecision extends Choice<WeightFormat> {
    OfPrecision() {
      super(Choice::lowerCase, WeightFormat.values());
    }
  }

  /** How a KV cache is kept. */
  public static final class OfCachePrecision extends Choice<WeightFormat> {
    OfCachePrecision() {
      super(
          Choice::lowerCase,
          WeightFormat.F32,
          WeightFormat.F16,
          WeightFormat.BF16,
          WeightFormat.Q8_0);
    }
  }

  /** The type in which weights are stored in a checkpoint. */
  public static final class OfDataType extends Choice<DataType> {
    OfDataType() {
      super(Choice::lowerCase, DataType.F32, DataType.F16, DataType.BF16);
    }
  }

  /** What a checkpoint is written as. */
  public static final class OfTarget extends Choice<Target> {
    OfTarget() {
      super(Choice::lowerCase, Target.values());
    }
  }

  /** What to do when the context is full. */
  public static final class OfContextOverflow extends Choice<ContextOverflow> {
    OfContextOverflow() {
      super(Choice::lowerCase, ContextOverflow.values());
    }
  }

  /** The form of results. */
  static final class OfFormat extends Choice<OutputOptions.OutputFormat> {
    OfFormat() {
      super(Choice::lowerCase, OutputOptions.OutputFormat.values());
    }
  }

  /** The form of tables. */
  public static final class OfTableFormat extends Choice<Table.Format> {
    OfTableFormat() {
      super(Choice::lowerCase, Table.Format.values());
    }
  }

  /** A program to measure beside. */
  static final class OfProgram extends Choice<Program> {
    OfProgram() {
      super(Program::label, Program.values());
    }
  }

  /** Which biases are trained. */
  public static final class OfBiases extends Choice<TrainedBiases> {
    OfBiases() {
      super(biases -> lowerCase(biases).replace('_', '-'), TrainedBiases.values());
    }
  }

  /** What is computed twice to save memory. */
  public static final class OfRecompute extends Choice<Recompute> {
    OfRecompute() {
      super(Choice::lowerCase, Recompute.values());
    }
  }

  /** One of the backends of this build. */
  public static final class OfBackend extends Choice<BackendProvider> {
    public OfBackend(Map<String, BackendProvider> backends) {
      super(new TreeMap<>(backends));
    }
  }

  /** A standard size of GPT-2. */
  static final class OfSize extends Choice<Gpt2Size> {
    OfSize() {
      super(Gpt2Size::label, Gpt2Size.values());
    }
  }

  /** What tokens a text is to become. */
  public static final class OfVocabulary extends Choice<String> {
    OfVocabulary() {
      super(name -> name, "gpt2", "bytes", "bpe");
    }
  }

  /** The GELUs that a copy of a model can be given. */
  public static final class OfGelu extends Choice<String> {
    OfGelu() {
      super(name -> name, "tanh");
    }
  }

  /** What multiplies many rows on a GPU. */
  public static final class OfGemm extends Choice<String> {
    /** The backend's name for it. */
    static final String SETTING = "gemm";

    OfGemm() {
      super(name -> name, "auto", "custom", "cublas");
    }
  }

  /** A shell that can complete commands. */
  public static final class OfShell extends Choice<String> {
    OfShell() {
      super(shell -> shell, "bash", "zsh");
    }
  }

  /** A constant's name as users write it. */
  public static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Names as in "f32, f16 or bf16". */
  public static String list(Iterable<String> names) {
    String all = String.join(", ", names);
    int last = all.lastIndexOf(", ");
    return last < 0 ? all : all.substring(0, last) + " or " + all.substring(last + 2);
  }

  @Override
  public final T convert(String name) {
    T value = values.get(name.toLowerCase(Locale.ROOT));
    if (value == null) {
      throw new TypeConversionException(
          "must be " + list(values.keySet()) + ", not " + OneLine.quote(name));
    }
    return value;
  }

  @Override
  public final Iterator<String> iterator() {
    return values.keySet().iterator();
  }
}
