/** Results as tables. */
@NullMarked
package gpt2j.bench.table;

import org.jspecify.annotations.NullMarked;
