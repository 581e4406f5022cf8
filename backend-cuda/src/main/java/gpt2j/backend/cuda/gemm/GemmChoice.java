package gpt2j.backend.cuda.gemm;

import gpt2j.api.BackendException;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendUnavailableException;
import gpt2j.api.UnsupportedException;
import gpt2j.api.tensor.DataType;
import gpt2j.backend.cuda.launch.CudaRuntime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What makes products of many rows. */
public enum GemmChoice {
  /** cuBLAS where it is faster and there is one, else this backend's own kernels. */
  AUTO {
    @Override
    public Gemm open(CudaRuntime runtime) {
      RowSplitter splitter = new RowSplitter(runtime);
      Gemm custom = new CustomGemm(runtime, splitter);
      CublasLibrary.Result library = CublasLibrary.load();
      return library.isLoaded() ? faster(runtime, custom, splitter, library) : custom;
    }
  },
  /** This backend's own kernels; cuBLAS isn't even looked for. */
  CUSTOM {
    @Override
    public Gemm open(CudaRuntime runtime) {
      return new CustomGemm(runtime, new RowSplitter(runtime));
    }
  },
  /** cuBLAS, or no backend. */
  CUBLAS {
    @Override
    public Gemm open(CudaRuntime runtime) {
      CublasLibrary.Result library = CublasLibrary.load();
      if (!library.isLoaded()) {
        throw new BackendUnavailableException("cuBLAS is " + library.reason());
      }
      return new CublasGemm(runtime, new RowSplitter(runtime), library);
    }
  };

  /** The setting's name. */
  public static final String SETTING = "gemm";

  /** Acquires what it takes. */
  public abstract Gemm open(CudaRuntime runtime);

  /** What can't be had, for want of memory, say, isn't faster. */
  private static Gemm faster(
      CudaRuntime runtime, Gemm custom, RowSplitter splitter, CublasLibrary.Result library) {
    Gemm cublas;
    try {
      cublas = new CublasGemm(runtime, splitter, library);
    } catch (BackendException e) {
      return custom;
    }
    Set<DataType> types = Set.of();
    boolean plain = false;
    try {
      GemmTrial trial = new GemmTrial(runtime, custom, cublas);
      plain = trial.plainIsFasterByCublas();
      types = trial.fasterByCublas(CublasGemm.types(runtime.context().device()));
    } catch (BackendException e) {
      plain = false;
    }
    if (types.isEmpty() && !plain) {
      cublas.close();
      return custom;
    }
    return new FasterGemm(custom, cublas, types, plain);
  }

  /** The values that the setting may have, the default first. */
  public static List<String> names() {
    return Arrays.stream(values()).map(choice -> choice.name().toLowerCase(Locale.ROOT)).toList();
  }

  /**
   * What the options say, or the default. What is batch-invariant has nothing for cuBLAS to do but
   * training, so by default it isn't even looked for.
   *
   * @throws UnsupportedException when cuBLAS is asked for by name, which isn't batch-invariant
   */
  public static GemmChoice of(BackendOptions options) {
    String name = options.settings().getOrDefault(SETTING, names().getFirst());
    GemmChoice choice = valueOf(name.toUpperCase(Locale.ROOT));
    if (!options.batchInvariant()) {
      return choice;
    }
    if (choice == CUBLAS) {
      throw new UnsupportedException(
          "the cuda backend can't be batch-invariant with cuBLAS, which adds up in an order that"
              + " depends on the number of rows");
    }
    return CUSTOM;
  }
}
