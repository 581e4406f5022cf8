/** Native memory that is counted, and the tensors and working memory in it. */
@NullMarked
package gpt2j.backend.cpu.memory;

import org.jspecify.annotations.NullMarked;
