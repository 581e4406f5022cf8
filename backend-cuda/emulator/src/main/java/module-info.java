/** An emulated CUDA driver for tests: the kernels' sources, compiled by g++ for the CPU. */
module gpt2j.cuda.emulator {
  requires org.junit.jupiter.api;
  requires static org.jspecify;

  exports gpt2j.cuda.emulator;
}
