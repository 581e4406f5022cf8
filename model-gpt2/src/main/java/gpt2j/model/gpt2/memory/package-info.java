/** What every user of a backend's memory needs: closing together, copying to and fro, locking. */
@NullMarked
package gpt2j.model.gpt2.memory;

import org.jspecify.annotations.NullMarked;
