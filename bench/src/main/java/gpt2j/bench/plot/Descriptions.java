package gpt2j.bench.plot;

import java.util.stream.Collectors;

/** Says in words what is drawn. */
final class Descriptions {
  private Descriptions() {}

  /** Every series with its first and last point. */
  static String of(String label, Lines lines) {
    return lines.names().stream()
        .map(
            name -> {
              var points = new java.util.ArrayList<>(lines.points(name).entrySet());
              var first = points.getFirst();
              var last = points.getLast();
              String begin =
                  "%s: %s at %s"
                      .formatted(
                          name,
                          Captions.number(first.getValue().estimate()),
                          new PlainFormat().format(first.getKey()));
              return points.size() == 1
                  ? begin
                  : begin
                      + ", %s at %s"
                          .formatted(
                              Captions.number(last.getValue().estimate()),
                              new PlainFormat().format(last.getKey()));
            })
        .collect(Collectors.joining("; ", label + ": ", ". "));
  }
}
