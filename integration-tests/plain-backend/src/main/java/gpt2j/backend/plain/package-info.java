/**
 * The example of a backend, as short as one can be that keeps the contract of generation: scalar
 * loops over arrays of the heap, one row after another, on the caller's thread. What it lacks it
 * refuses: types of 16 bits and less, and training.
 */
@NullMarked
package gpt2j.backend.plain;

import org.jspecify.annotations.NullMarked;
