/** JMH benchmarks of every operation of the backends, at the sizes of GPT-2 124M. */
@NullMarked
package gpt2j.bench.jmh;

import org.jspecify.annotations.NullMarked;
