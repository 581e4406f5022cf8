package gpt2j.bench.plot;

import gpt2j.api.Words;
import gpt2j.bench.result.BenchmarkCase;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What of a case is put into words, in the order in which it is. */
enum CasePart {
  MODEL(BenchmarkCase::model),
  BACKEND(BenchmarkCase::backend),
  PRECISION(of -> Captions.lowerCase(of.precision())),
  THREADS(of -> Words.count(of.threads(), "thread")),
  CACHE(of -> of.useCache() ? "cached" : "uncached"),
  BATCH(of -> "batch " + of.batch()),
  PROMPT(of -> "prompt " + of.promptTokens()),
  NEW_TOKENS(of -> Words.count(of.newTokens(), "new token"));

  private final Function<BenchmarkCase, String> words;

  CasePart(Function<BenchmarkCase, String> words) {
    this.words = words;
  }

  String of(BenchmarkCase of) {
    return words.apply(of);
  }

  /** The words of some parts. */
  static String join(BenchmarkCase of, Set<CasePart> parts) {
    return parts.stream()
        .map(part -> part.of(of))
        .filter(words -> !words.isEmpty())
        .collect(Collectors.joining(", "));
  }

  /** Those of some parts that are the same in all cases, or those that aren't. */
  private static Set<CasePart> alike(
      boolean alike, Collection<BenchmarkCase> cases, Set<CasePart> parts) {
    return parts.stream()
        .filter(part -> (cases.stream().map(part::of).distinct().count() == 1) == alike)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(CasePart.class)));
  }

  /** What cases have in common. */
  static String common(Collection<BenchmarkCase> cases, Set<CasePart> parts) {
    return join(cases.iterator().next(), alike(true, cases, parts));
  }

  /** What sets cases apart: the parts that aren't the same in all; the first if none differs. */
  static Function<BenchmarkCase, String> distinction(
      Collection<BenchmarkCase> cases, Set<CasePart> parts) {
    Set<CasePart> differing = alike(false, cases, parts);
    Set<CasePart> used = differing.isEmpty() ? Set.of(parts.iterator().next()) : differing;
    return of -> join(of, used);
  }
}
