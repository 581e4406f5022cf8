/** Plots of results. */
@NullMarked
package gpt2j.bench.plot;

import org.jspecify.annotations.NullMarked;
