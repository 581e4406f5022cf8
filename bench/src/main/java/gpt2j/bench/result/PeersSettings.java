package gpt2j.bench.result;

import gpt2j.api.Precision;
import java.util.List;

/**
 * What programs are measured on.
 *
 * @param model checkpoint directory or standard size
 * @param peers names of the programs asked for
 * @param backend gpt2j's backend
 * @param precisions how weights are kept
 * @param threads of every program
 * @param batches sequences side by side, in decoding
 * @param prefillTokens length of the prompt whose prefill is measured
 * @param promptTokens before decoding
 * @param newTokens drawn in decoding
 * @param rounds how often all are measured in turn
 * @param seed of the prompts' random tokens
 */
public record PeersSettings(
    String model,
    List<String> peers,
    String backend,
    List<Precision> precisions,
    int threads,
    List<Integer> batches,
    int prefillTokens,
    int promptTokens,
    int newTokens,
    int rounds,
    long seed) {
  public PeersSettings {
    peers = List.copyOf(peers);
    precisions = List.copyOf(precisions);
    batches = List.copyOf(batches);
  }
}
