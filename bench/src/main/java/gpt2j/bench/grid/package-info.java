/**
 * The benchmarks that run a grid of cases, how two sides are compared, what a device can do at
 * most, and what a model asks of it.
 */
@NullMarked
package gpt2j.bench.grid;

import org.jspecify.annotations.NullMarked;
