/** With what something was measured: machine, devices, models, and what else went on. */
@NullMarked
package gpt2j.bench.result.setup;

import org.jspecify.annotations.NullMarked;
