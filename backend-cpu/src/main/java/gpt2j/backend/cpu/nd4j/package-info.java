/** ND4J: what it needs, how it starts, and its matrix products. */
@NullMarked
package gpt2j.backend.cpu.nd4j;

import org.jspecify.annotations.NullMarked;
