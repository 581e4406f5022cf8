/**
 * What backends are built from: the lock, lives and checks that are the same for all, and parts for
 * those whose memory the host can see. Users of a backend need nothing of it.
 */
@NullMarked
package gpt2j.spi;

import org.jspecify.annotations.NullMarked;
