/** gpt2j beside other programs: same checkpoint, same threads, in turn. */
@NullMarked
package gpt2j.bench.peers;

import org.jspecify.annotations.NullMarked;
