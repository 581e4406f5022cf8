/** Commands, terminal output and the wiring of backends. */
@NullMarked
package gpt2j.cli;

import org.jspecify.annotations.NullMarked;
