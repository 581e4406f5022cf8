/** What the parts of one opened backend share: threads, memory, times of parts. */
@NullMarked
package gpt2j.backend.cpu.runtime;

import org.jspecify.annotations.NullMarked;
