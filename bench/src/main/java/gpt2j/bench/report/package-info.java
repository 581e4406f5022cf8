/** Reports of results. */
@NullMarked
package gpt2j.bench.report;

import org.jspecify.annotations.NullMarked;
