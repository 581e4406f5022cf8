/** Files: small ones, such as are whole or not there, and words for what goes wrong with them. */
@NullMarked
package gpt2j.model.gpt2.files;

import org.jspecify.annotations.NullMarked;
