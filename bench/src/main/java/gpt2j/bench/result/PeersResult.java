package gpt2j.bench.result;

import gpt2j.bench.result.setup.Header;
import java.util.List;

/**
 * gpt2j beside other programs: same checkpoint, same threads, in turn.
 *
 * @param header when, where, with what
 * @param settings what was asked for
 * @param peers the programs, the absent ones too
 * @param measurements in the order measured
 */
public record PeersResult(
    Header header, PeersSettings settings, List<Peer> peers, List<PeerMeasurement> measurements)
    implements BenchmarkResult {
  public PeersResult {
    peers = List.copyOf(peers);
    measurements = List.copyOf(measurements);
  }

  @Override
  public BenchmarkCommand command() {
    return BenchmarkCommand.PEERS;
  }
}
