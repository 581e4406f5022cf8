/** Two sides against each other. */
@NullMarked
package gpt2j.bench.compare;

import org.jspecify.annotations.NullMarked;
