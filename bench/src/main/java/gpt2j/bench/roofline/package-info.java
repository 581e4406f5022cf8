/** What a device can do at most, and what a model asks of it. */
@NullMarked
package gpt2j.bench.roofline;

import org.jspecify.annotations.NullMarked;
