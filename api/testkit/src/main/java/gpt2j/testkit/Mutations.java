package gpt2j.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Damage to files, the same for the same random numbers. */
public final class Mutations {
  private static final Pattern TOKEN =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[-+.0-9eE]+|[a-z]+|\\s+|.", Pattern.DOTALL);

  private static final List<String> TOKENS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "null",
          "true",
          "false",
          "NaN",
          "Infinity",
          "{}",
          "[]",
          "\"\"",
          "\"a\"",
          "\"F32\"",
          "\"BF16\"",
          "\"F4\"",
          "\"BOOL\"",
          "\"shape\"",
          "\"dtype\"",
          "\"data_offsets\"",
          "\"__metadata__\"",
          "\"wte.weight\"",
          "\"../x.safetensors\"",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"\\n\"",
          "\"\uD83D\uDE00\"",
          "\"",
          "\\",
          "'",
          "/*",
          "//",
          "\u0000",
          "\uFEFF",
          "\u2028",
          "0",
          "-0",
          "1",
          "-1",
          "2",
          "4",
          "8",
          "3.5",
          "1e3",
          "1e999",
          "1E-400",
          "255",
          "65536",
          "2147483647",
          "2147483648",
          "4294967295",
          "4294967296",
          "4611686018427387904",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551615",
          "-9223372036854775808",
          "99999999999999999999999999999999");

  private final Random random;

  public Mutations(Random random) {
    this.random = random;
  }

  /** A few bytes changed, inserted, removed, repeated or cut off. */
  public byte[] bytes(byte[] file) {
    byte[] changed = file.clone();
    int times = 1 + random.nextInt(8);
    for (int i = 0; i < times; i++) {
      int at = random.nextInt(changed.length + 1);
      int count = Math.min(1 + random.nextInt(16), changed.length - at);
      byte[] before = Arrays.copyOf(changed, at);
      byte[] range = Arrays.copyOfRange(changed, at, at + count);
      byte[] after = Arrays.copyOfRange(changed, at + count, changed.length);
      changed =
          switch (random.nextInt(6)) {
            case 0 -> join(before, randomBytes(range.length), after);
            case 1 -> join(before, after);
            case 2 -> join(before, range, range, after);
            case 3 -> join(before, randomBytes(1 + random.nextInt(16)), range, after);
            case 4 -> random.nextInt(4) == 0 ? before : changed;
            default -> {
              if (range.length > 0) {
                range[0] ^= (byte) (1 << random.nextInt(8));
              }
              yield join(before, range, after);
            }
          };
    }
    return changed;
  }

  /** A few tokens changed, inserted, removed, repeated, exchanged or nested, most often one. */
  public String json(String text) {
    List<String> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(text);
    while (matcher.find()) {
      tokens.add(matcher.group());
    }
    int times = random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 1;
    for (int i = 0; i < times && !tokens.isEmpty(); i++) {
      int at = random.nextInt(tokens.size());
      int other = random.nextInt(tokens.size());
      String token = TOKENS.get(random.nextInt(TOKENS.size()));
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> tokens.set(at, token);
        case 3 -> tokens.add(at, token);
        case 4 -> tokens.remove(at);
        case 5 -> tokens.set(at, tokens.get(other));
        case 6 -> // of a whole member, now and then
            tokens.addAll(
                at,
                List.copyOf(tokens.subList(at, Math.min(at + random.nextInt(24), tokens.size()))));
        case 7 ->
            tokens.add(at, (random.nextBoolean() ? "[" : "{\"a\":").repeat(1 << random.nextInt(9)));
        default -> tokens.set(at, tokens.get(at) + tokens.get(at));
      }
    }
    return String.join("", tokens);
  }

  private byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] join(byte[]... parts) {
    byte[] joined = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }
}
