package gpt2j.bench.baselines;

import gpt2j.api.tensor.WeightFormat;
import gpt2j.bench.context.BenchContext;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * On what a program is opened.
 *
 * @param context the run's
 * @param model the checkpoint's directory
 * @param config the checkpoint's
 * @param precision how weights are to be kept
 * @param threads that compute
 * @param onGpu whether a GPU computes
 * @param seed of the prompts' random tokens
 * @param patience how long a program may take to answer
 */
record Conditions(
    BenchContext context,
    Path model,
    Gpt2Config config,
    WeightFormat precision,
    int threads,
    boolean onGpu,
    long seed,
    Duration patience) {
  String precisionName() {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
