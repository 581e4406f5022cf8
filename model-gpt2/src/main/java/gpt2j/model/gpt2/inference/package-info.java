/** The forward pass with a cache, the memory that it takes, and how it is looked into. */
@NullMarked
package gpt2j.model.gpt2.inference;

import org.jspecify.annotations.NullMarked;
