package gpt2j.bench.baselines;

import gpt2j.bench.result.ProgramSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is known of each program: its version, and what of it isn't measured and why. */
final class ProgramList {
  private final Map<String, String> versions = new LinkedHashMap<>();
  private final Map<String, Map<String, List<String>>> missing = new LinkedHashMap<>();

  /**
   * Begins a list.
   *
   * @param names all programs, in the order of the results
   * @param before what an earlier run knew
   */
  ProgramList(List<String> names, List<ProgramSummary> before) {
    names.forEach(name -> missing.put(name, new LinkedHashMap<>()));
    for (ProgramSummary program : before) {
      if (program.version() != null) {
        versions.put(program.name(), program.version());
      }
    }
  }

  void ran(String name, String version) {
    versions.put(name, version);
  }

  /** Something isn't measured. */
  void lacks(String name, String what, String reason) {
    missing.get(name).computeIfAbsent(reason, _ -> new ArrayList<>()).add(what);
  }

  List<ProgramSummary> all() {
    List<ProgramSummary> programs = new ArrayList<>();
    missing.forEach(
        (name, reasons) -> {
          String version = versions.get(name);
          List<String> lines = new ArrayList<>();
          reasons.forEach(
              (reason, what) -> {
                String why = Folders.removedFrom(reason);
                lines.add(version == null ? why : String.join(", ", what) + ": " + why);
              });
          programs.add(new ProgramSummary(name, version, lines));
        });
    return programs;
  }
}
