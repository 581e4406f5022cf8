/** What the machine can do, and what else it does. */
@NullMarked
package gpt2j.bench.machine;

import org.jspecify.annotations.NullMarked;
