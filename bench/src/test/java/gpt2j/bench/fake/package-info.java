/** A device whose every latency is known, on a clock that only it moves. */
@NullMarked
package gpt2j.bench.fake;

import org.jspecify.annotations.NullMarked;
