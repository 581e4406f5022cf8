package gpt2j.bench.peers;

import gpt2j.bench.result.Peer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is known of each program: its version, and what of it isn't measured and why. */
final class PeerList {
  private final Map<String, String> versions = new LinkedHashMap<>();
  private final Map<String, Map<String, List<String>>> missing = new LinkedHashMap<>();

  /**
   * Begins a list.
   *
   * @param names all programs, in the order of the results
   * @param before what an earlier run knew
   */
  PeerList(List<String> names, List<Peer> before) {
    names.forEach(name -> missing.put(name, new LinkedHashMap<>()));
    for (Peer peer : before) {
      if (peer.version() != null) {
        versions.put(peer.name(), peer.version());
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

  List<Peer> all() {
    List<Peer> peers = new ArrayList<>();
    missing.forEach(
        (name, reasons) -> {
          String version = versions.get(name);
          List<String> lines = new ArrayList<>();
          reasons.forEach(
              (reason, what) -> {
                String why = Folders.removedFrom(reason);
                lines.add(version == null ? why : String.join(", ", what) + ": " + why);
              });
          peers.add(new Peer(name, version, lines));
        });
    return peers;
  }
}
