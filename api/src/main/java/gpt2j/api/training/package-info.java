/** The operations of training, for backends that train. */
@NullMarked
package gpt2j.api.training;

import org.jspecify.annotations.NullMarked;
