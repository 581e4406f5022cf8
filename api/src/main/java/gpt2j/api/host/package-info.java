/** What backends need to know of the machine that they run on; for them alone. */
@NullMarked
package gpt2j.api.host;

import org.jspecify.annotations.NullMarked;
