package gpt2j.bench.measure;

import gpt2j.bench.context.BenchContext;
import gpt2j.bench.result.BenchmarkResult;
import java.util.function.Consumer;

/**
 * What a run of a benchmark works with.
 *
 * @param bench what all benchmarks work with
 * @param log collects what the header says
 * @param save called with what there is, now and then and at the end
 */
public record RunContext(BenchContext bench, RunLog log, Consumer<BenchmarkResult> save) {}
