/** What commands read, write and say: streams, lines, progress, and what goes wrong. */
@NullMarked
package gpt2j.cli.io;

import org.jspecify.annotations.NullMarked;
