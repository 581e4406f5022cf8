/** A program that uses the CPU backend, run in JVMs of its own. */
@NullMarked
package gpt2j.backend.cpu.embedded;

import org.jspecify.annotations.NullMarked;
