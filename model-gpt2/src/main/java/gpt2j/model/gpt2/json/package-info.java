/** Strict reading of JSON: UTF-8 only, no duplicate names, bounded depth, messages of one line. */
@NullMarked
package gpt2j.model.gpt2.json;

import org.jspecify.annotations.NullMarked;
