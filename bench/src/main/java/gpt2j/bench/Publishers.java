package gpt2j.bench;

import gpt2j.bench.report.ReportPublisher;
import gpt2j.bench.result.Publisher;
import java.util.List;

/** Everything that makes pictures and reports of results. */
final class Publishers {
  private Publishers() {}

  static List<Publisher> all() {
    return List.of(new ReportPublisher());
  }
}
