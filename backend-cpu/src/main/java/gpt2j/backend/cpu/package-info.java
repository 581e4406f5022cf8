/** The CPU backend and its Dagger module. */
@NullMarked
package gpt2j.backend.cpu;

import org.jspecify.annotations.NullMarked;
