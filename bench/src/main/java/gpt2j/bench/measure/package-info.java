/** Opens backends and models, runs cases on them, and takes the time. */
@NullMarked
package gpt2j.bench.measure;

import org.jspecify.annotations.NullMarked;
