package gpt2j.bench.measure;

import gpt2j.api.Backend;
import gpt2j.api.DeviceKind;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.result.BenchmarkCase;
import gpt2j.bench.result.setup.Model;
import gpt2j.model.gpt2.Gpt2;
import java.util.OptionalInt;

/**
 * A loaded model on an opened backend.
 *
 * @param key what was asked for
 * @param backend the backend, which other subjects may share
 * @param gpt2 the model
 * @param model what results say of it
 * @param kind what the backend computes on
 * @param threads host threads that compute
 */
public record Subject(
    Key key, Backend backend, Gpt2 gpt2, Model model, DeviceKind kind, int threads) {
  /**
   * A model on a backend.
   *
   * @param model standard size, or checkpoint directory
   * @param backend name of the backend
   * @param precision how weights are kept
   * @param threads host threads; empty for the backend's default
   */
  public record Key(String model, String backend, WeightFormat precision, OptionalInt threads) {}

  /** A case of this subject. */
  public BenchmarkCase benchmarkCase(boolean useCache, int batch, int promptTokens, int newTokens) {
    return new BenchmarkCase(
        model.name(),
        key.backend(),
        key.precision(),
        threads,
        useCache,
        batch,
        promptTokens,
        newTokens);
  }
}
