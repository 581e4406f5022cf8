/** What files of weights have in common, whatever their format. */
@NullMarked
package gpt2j.model.gpt2.format;

import org.jspecify.annotations.NullMarked;
