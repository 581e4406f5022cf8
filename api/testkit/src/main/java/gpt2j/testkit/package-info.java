/** Checks any backend against a plain-Java reference. */
@NullMarked
package gpt2j.testkit;

import org.jspecify.annotations.NullMarked;
