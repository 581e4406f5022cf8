/** Pictures of attention and of the KV cache at work. */
@NullMarked
package gpt2j.bench.visualize;

import org.jspecify.annotations.NullMarked;
