package gpt2j.model.gpt2.tokenizer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.knuddels.jtokkit.api.Encoding;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** GPT-2's {@code vocab.json} and {@code merges.txt}, made of jtokkit's table. */
final class Gpt2Files {
  private Gpt2Files() {}

  static void write(Path directory) throws IOException {
    List<String> tokens = tokens();
    Map<String, Integer> ranks = new HashMap<>();
    tokens.forEach(token -> ranks.put(token, ranks.size()));
    StringBuilder vocab = new StringBuilder("{\"<|endoftext|>\": 50256");
    StringBuilder merges = new StringBuilder("#version: 0.2\n");
    ranks.forEach(
        (token, id) -> {
          vocab
              .append(", \"")
              .append(token.replaceAll("[\"\\\\]", "\\\\$0"))
              .append("\": ")
              .append(id);
        });
    for (String token : tokens.subList(256, tokens.size())) {
      merges.append(lastMerge(token, ranks)).append('\n');
    }
    Files.writeString(directory.resolve("vocab.json"), vocab.append('}'));
    Files.writeString(directory.resolve("merges.txt"), merges);
  }

  /** In the alphabet of bytes, by id. */
  private static List<String> tokens() {
    List<String> tokens = new ArrayList<>();
    try (var in = Encoding.class.getResourceAsStream("/com/knuddels/jtokkit/r50k_base.tiktoken");
        var lines = new BufferedReader(new InputStreamReader(in, US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        StringBuilder token = new StringBuilder();
        for (byte b : Base64.getDecoder().decode(line.substring(0, line.indexOf(' ')))) {
          token.append(ByteAlphabet.character(b & 0xFF));
        }
        tokens.add(token.toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return tokens;
  }

  /** The two tokens that are left when all merges of lower rank are done. */
  private static String lastMerge(String token, Map<String, Integer> ranks) {
    List<String> parts = new ArrayList<>(List.of(token.split("")));
    while (parts.size() > 2) {
      int first = 0;
      int lowest = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          lowest = rank;
          first = i;
        }
      }
      parts.set(first, parts.get(first) + parts.remove(first + 1));
    }
    return parts.get(0) + " " + parts.get(1);
  }
}
