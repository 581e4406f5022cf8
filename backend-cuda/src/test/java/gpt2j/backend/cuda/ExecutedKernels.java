package gpt2j.backend.cuda;

import gpt2j.backend.cuda.launch.Kernels;
import gpt2j.cuda.emulator.Emulator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Which kernels of the PTX have been executed. */
final class ExecutedKernels {
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");

  /** Behind products of cuBLAS, and of devices without tensor cores for the type. */
  private static final Set<String> OF_OTHERS =
      Set.of("linear_epilogue", "gemm_tiled_f16", "gemm_tiled_bf16");

  private final Set<String> missing;

  ExecutedKernels() throws IOException {
    try (InputStream in = Kernels.class.getResourceAsStream("sm_80.ptx.gz")) {
      String text = new String(new GZIPInputStream(in).readAllBytes(), StandardCharsets.US_ASCII);
      missing = new TreeSet<>(ENTRY.matcher(text).results().map(e -> e.group(1)).toList());
    }
    missing.removeAll(OF_OTHERS);
  }

  /** Takes note, before the driver's counts are reset. */
  void look() {
    missing.removeIf(kernel -> Emulator.load().calls("execute " + kernel) > 0);
  }

  /** Those that were never seen. */
  List<String> missing() {
    return List.copyOf(missing);
  }
}
