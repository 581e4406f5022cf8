/** Makes records of JSON, and says in plain words where it is wrong. */
@NullMarked
package gpt2j.bench.result.json;

import org.jspecify.annotations.NullMarked;
