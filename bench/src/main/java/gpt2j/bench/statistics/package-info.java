/** Figures from raw samples; tables, plots and comparisons all take them from here. */
@NullMarked
package gpt2j.bench.statistics;

import org.jspecify.annotations.NullMarked;
