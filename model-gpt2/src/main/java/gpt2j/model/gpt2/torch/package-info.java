/** Files of PyTorch: nanoGPT's checkpoints and others, read without running anything of them. */
@NullMarked
package gpt2j.model.gpt2.torch;

import org.jspecify.annotations.NullMarked;
