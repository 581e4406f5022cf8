/** The cache of keys and values, and attention over it. */
@NullMarked
package gpt2j.backend.cpu.attention;

import org.jspecify.annotations.NullMarked;
