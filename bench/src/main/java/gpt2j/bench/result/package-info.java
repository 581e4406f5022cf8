/**
 * What benchmarks find: records of settings, machine and raw samples, and their JSON. Times are
 * nanoseconds of a monotonic clock, sizes bytes, unless a name says otherwise.
 */
@NullMarked
package gpt2j.bench.result;

import org.jspecify.annotations.NullMarked;
