/** gpt2j beside other programs: same checkpoint, same threads, in turn. */
@NullMarked
package gpt2j.bench.baselines;

import org.jspecify.annotations.NullMarked;
