/**
 * What the machine is and gives: processor, memory within its limits, functions of its C library.
 */
@NullMarked
package gpt2j.backend.cpu.machine;

import org.jspecify.annotations.NullMarked;
