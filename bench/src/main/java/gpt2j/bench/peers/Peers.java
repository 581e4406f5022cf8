package gpt2j.bench.peers;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.context.PeerOptions;
import gpt2j.bench.measure.RunLog;
import gpt2j.bench.result.BenchmarkResult;
import gpt2j.bench.result.PeersResult;
import gpt2j.bench.result.PeersSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Runs gpt2j beside the programs that are installed here. */
public final class Peers {
  private Peers() {}

  /**
   * Measures what is missing.
   *
   * @param before what an earlier run found
   * @param save called with what there is, now and then and at the end
   * @throws CancellationException when the user wants an end; what was measured has been saved
   */
  public static BenchmarkResult run(
      BenchContext context,
      PeersSettings settings,
      PeerOptions options,
      RunLog log,
      Optional<PeersResult> before,
      Consumer<BenchmarkResult> save) {
    try (PeerPrograms programs = new PeerPrograms(options)) {
      return new PeersRun(
              context,
              settings,
              programs.of(settings.programs()),
              options.patience(),
              log,
              before.map(PeersResult::peers).orElse(List.of()),
              before.map(PeersResult::measurements).orElse(List.of()),
              save)
          .run();
    }
  }
}
