/** What the integration tests share. */
@NullMarked
package gpt2j.integration;

import org.jspecify.annotations.NullMarked;
