/** The driver: its library, its devices, a context with its stream, events, and what goes wrong. */
@NullMarked
package gpt2j.backend.cuda.driver;

import org.jspecify.annotations.NullMarked;
