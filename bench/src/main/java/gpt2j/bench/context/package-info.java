/** What benchmarks are given by the program that runs them. */
@NullMarked
package gpt2j.bench.context;

import org.jspecify.annotations.NullMarked;
