/**
 * The hub's cache on disk, as the library {@code huggingface_hub} (2.0) lays it out and locks it,
 * so that either finds what the other brought. Knows nothing of networks.
 */
@NullMarked
package gpt2j.hub.cache;

import org.jspecify.annotations.NullMarked;
