package gpt2j.bench.peers;

import java.util.List;
import java.util.OptionalLong;

/**
 * What a program took.
 *
 * @param nanos as in {@link gpt2j.bench.result.PeerMeasurement#nanos}
 * @param peakResidentBytes of its process
 * @param drawn tokens of the first sequence; empty where it doesn't tell
 */
record Sample(List<Long> nanos, OptionalLong peakResidentBytes, List<Integer> drawn) {}
