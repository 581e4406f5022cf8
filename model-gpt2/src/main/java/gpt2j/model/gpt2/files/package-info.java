/** Small files, and words for what goes wrong with files. */
@NullMarked
package gpt2j.model.gpt2.files;

import org.jspecify.annotations.NullMarked;
