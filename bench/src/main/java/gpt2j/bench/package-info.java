/** Measures whole runs on every backend. */
@NullMarked
package gpt2j.bench;

import org.jspecify.annotations.NullMarked;
