package gpt2j.bench.statistics;

/**
 * An estimate with its 95 % confidence interval.
 *
 * @param low lower end; the estimate itself where there are fewer than two samples
 * @param estimate the estimate
 * @param high upper end
 */
public record Interval(double low, double estimate, double high) {}
