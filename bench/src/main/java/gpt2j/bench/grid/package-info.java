/** The benchmarks that run a grid of cases: throughput, trace, experiment. */
@NullMarked
package gpt2j.bench.grid;

import org.jspecify.annotations.NullMarked;
