/** The program: its commands, what goes wrong, and the wiring of backends. */
@NullMarked
package gpt2j.cli;

import org.jspecify.annotations.NullMarked;
