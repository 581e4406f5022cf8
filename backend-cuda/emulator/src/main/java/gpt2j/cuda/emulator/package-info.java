/** Builds and controls the emulated CUDA driver. */
@NullMarked
package gpt2j.cuda.emulator;

import org.jspecify.annotations.NullMarked;
