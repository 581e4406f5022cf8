package gpt2j.bench.measure;

import gpt2j.api.tensor.WeightFormat;
import java.util.OptionalInt;

/**
 * A model on a backend.
 *
 * @param model standard size, or checkpoint directory
 * @param backend name of the backend
 * @param precision how weights are kept
 * @param threads host threads; empty for the backend's default
 */
public record SubjectKey(
    String model, String backend, WeightFormat precision, OptionalInt threads) {}
