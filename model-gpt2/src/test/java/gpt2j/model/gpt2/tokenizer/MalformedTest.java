package gpt2j.model.gpt2.tokenizer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are wrong, or right but not supported, end in one line that says so. */
class MalformedTest {
  private static final String MINIMAL =
      """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
      {"id":4,"content":"<|endoftext|>","single_word":false,"lstrip":false,"rstrip":false,\
      "normalized":false,"special":true}],"normalizer":null,\
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},\
      "post_processor":null,"decoder":{"type":"ByteLevel"},\
      "model":{"type":"BPE","dropout":null,"unk_token":null,"ignore_merges":false,\
      "vocab":{"a":0,"b":1,"ab":2,"aab":3},"merges":[["a","b"],"a ab"]}}
      """;

  private static final String[] JSON_BITS = {
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "2147483648",
    "\"\"",
    "\"a\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[[",
    "{\"a\":",
    ",",
    ":",
    "\"",
    "\\",
    "]",
    "}",
    " ",
    "\"type\":\"BPE\",",
    "9".repeat(1200),
    "[".repeat(5000)
  };

  @TempDir private Path directory;

  @Test
  void theMinimalFileIsFine() throws IOException {
    write("tokenizer.json", MINIMAL);
    assertEquals("aab", Tokenizer.load(directory).decode(Tokenizer.load(directory).encode("aab")));
    assertEquals(1, Tokenizer.load(directory).encode("aab").length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      textBlock =
          """
          "1.0"                   ~ "2.0"                          ~ version "2.0" is not supported, only "1.0"
          "1.0"                   ~ 1                              ~ version must be a string
          "normalizer":null       ~ "normalizer":{"type":"NFC"}    ~ normalizer is NFC; only null is supported
          "normalizer":null       ~ "normalizer":null,"x":{"y":1}  ~ x {…} is not supported
          "normalizer":null       ~ "version":"1.0"                ~ version is there twice
          "normalizer":null       ~ "normalizer":[]                ~ normalizer must be an object
          "type":"ByteLevel","add ~ "type":"Split","add            ~ pre_tokenizer is Split; only ByteLevel is supported
          "type":"ByteLevel","add ~ "add                           ~ pre_tokenizer is of no type; only ByteLevel is supported
          "pre_tokenizer":{       ~ "pre_tokenizer":null,"pre":{   ~ pre_tokenizer is null; only ByteLevel is supported
          "add_prefix_space":fals ~ "trim":fals                    ~ pre_tokenizer must have add_prefix_space
          "add_prefix_space":     ~ "use_regex":false,"add_prefix_space": ~ pre_tokenizer has use_regex false, which is not supported
          "post_processor":null   ~ "post_processor":{"type":"TemplateProcessing","single":[]} ~ post_processor adds tokens to the text, which is not supported
          "decoder":{"type":"Byte ~ "decoder":{"type":"Word        ~ decoder is WordLevel; only ByteLevel is supported
          "type":"BPE"            ~ "type":"Unigram"               ~ model.type is "Unigram"; only "BPE" is supported
          "dropout":null          ~ "dropout":0.1                  ~ model.dropout 0.1 is not supported
          "dropout":null          ~ "byte_fallback":true           ~ model.byte_fallback true is not supported
          "dropout":null          ~ "end_of_word_suffix":"</w>"    ~ model.end_of_word_suffix </w> is not supported
          "dropout":null          ~ "continuing_subword_prefix":"##" ~ model.continuing_subword_prefix ## is not supported
          "ignore_merges":false   ~ "ignore_merges":true           ~ model.ignore_merges true is not supported
          "unk_token":null        ~ "unk_token":7                  ~ model.unk_token must be a string
          "a":0                   ~ "a":-1                         ~ model.vocab.a must be from 0 to 1048575
          "a":0                   ~ "a":1048576                    ~ model.vocab.a must be from 0 to 1048575
          "a":0                   ~ "a":99999999999999999999       ~ model.vocab.a must be from 0 to 1048575
          "a":0                   ~ "a":0.0                        ~ model.vocab.a must be an integer
          "a":0                   ~ "a":"0"                        ~ model.vocab.a must be an integer
          "a":0                   ~ "a\\u2028":2                   ~ model.vocab.ab has the id of another token, 2
          "b":1                   ~ "a":1                          ~ model.vocab.a is there twice
          "b":1                   ~ "b":0                          ~ model.vocab.b has the id of another token, 0
          "a ab"                  ~ "a \\udc00"                    ~ model.merges[1] holds an unpaired surrogate
          "<|endoftext|>"         ~ "\\ud83dx"                     ~ added_tokens[0].content holds an unpaired surrogate
          "vocab":{"a"            ~ "vocab":[{"a"                  ~ model.vocab must be an object
          "b":1                   ~ "B":1                          ~ model.merges[0]: the vocabulary has no token "b"
          "ab":2                  ~ "ba":2                         ~ model.merges[0]: the vocabulary has no token "ab"
          "aab":3                 ~ "aaab":3                       ~ model.merges[1]: the vocabulary has no token "aab"
          ["a","b"]               ~ ["a","b","c"]                  ~ model.merges[0] must be two tokens, not 3
          ["a","b"]               ~ ["a",1]                        ~ model.merges[0][1] must be a string
          ["a","b"]               ~ 7                              ~ model.merges[0] must be a string
          "a ab"                  ~ "aab"                          ~ model.merges[1] must be two tokens with a space between
          "a ab"                  ~ "a  ab"                        ~ model.merges[1] must be two tokens with a space between
          "a ab"                  ~ "a b"                          ~ model.merges[1]: the merge of "a" and "b" is there already
          ,"merges":[["a","b"],"a ab"] ~ ``                        ~ model.merges is missing
          "vocab"                 ~ "wordlist"                     ~ model.wordlist {…} is not supported
          {"a":0,"b":1,"ab":2,"aab":3} ~ {}                        ~ model.vocab is missing or empty
          "single_word":false     ~ "single_word":0                ~ added_tokens[0].single_word must be true or false
          "lstrip":false          ~ "lstrip":"no"                  ~ added_tokens[0].lstrip must be true or false
          "rstrip":false          ~ "wide":true                    ~ added_tokens[0].wide true is not supported
          "special":true          ~ "special":null                 ~ added_tokens[0].special must be true or false
          "id":4,                 ~ ``                             ~ added_tokens[0] must have an id and a content
          "<|endoftext|>"         ~ ""                             ~ added_tokens[0] must have an id and a content
          "id":4                  ~ "id":3                         ~ added_tokens: "<|endoftext|>" has id 3 but must have 4, the next that is free
          "<|endoftext|>"         ~ "ab"                           ~ added_tokens: "ab" has id 4 but must have 2, its id in the vocabulary
          "added_tokens":[        ~ "added_tokens":[{"id":5,"content":"<|endoftext|>"}, ~ added_tokens[1] has the content of another token, "<|endoftext|>"
          "added_tokens":[        ~ "added_tokens":[{"id":4,"content":"x"},             ~ added_tokens[1] has the id of another token, 4
          """)
  void isNamed(String part, String replacement, String message) throws IOException {
    assertTrue(MINIMAL.contains(part), part);
    write("tokenizer.json", MINIMAL.replace(part, replacement));
    assertEquals("tokenizer.json: " + message, failure());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vocab.json   | {}                  | vocab.json: has no tokens
          vocab.json   | ``                  | vocab.json: is empty
          vocab.json   | []                  | vocab.json: must be an object
          vocab.json   | {"a":0}{            | vocab.json: has more text after its JSON object
          vocab.json   | {"a":0,"a":1}       | vocab.json: a is there twice
          merges.txt   | #version: 0.2\\na b c | merges.txt: line 2 must be two tokens with a space between, not "a b c"
          merges.txt   | a b\\n\\nb a        | merges.txt: line 2 must be two tokens with a space between, not ""
          merges.txt   | a b\\nx y           | merges.txt: line 2: the vocabulary has no token "x"
          merges.txt   | #version: 0.2\\na b\\na b | merges.txt: line 3: the merge of "a" and "b" is there already
          added_tokens.json | {"a":7}        | added_tokens.json: "a" has id 7 but must have 0, its id in the vocabulary
          added_tokens.json | {"c":0}        | added_tokens.json: "c" has id 0 but must have 3, the next that is free
          added_tokens.json | {"":7}         | added_tokens.json: "" has no text
          tokenizer_config.json | {"add_bos_token":true} | tokenizer_config.json: add_bos_token is not supported; set it to false
          tokenizer_config.json | {"tokenizer_class":"BertTokenizer"} | tokenizer_config.json: tokenizer_class "BertTokenizer" is not supported, only "GPT2Tokenizer" and "PreTrainedTokenizerFast"
          config.json | {"tokenizer_class":"BertTokenizer"} | config.json: tokenizer_class "BertTokenizer" is not supported, only "GPT2Tokenizer" and "PreTrainedTokenizerFast"
          tokenizer_config.json | {"added_tokens_decoder":{"x":{"content":"c"}}} | tokenizer_config.json: added_tokens_decoder.x must have an id from 0 to 1048575 for its name
          tokenizer_config.json | {"added_tokens_decoder":{"3":{"id":3}}} | tokenizer_config.json: added_tokens_decoder.3 has no content
          tokenizer_config.json | {"added_tokens_decoder":{"4":{"content":"c"}}} | tokenizer_config.json: added_tokens_decoder: "c" has id 4 but must have 3, the next that is free
          tokenizer_config.json | {"x":NaN}     | tokenizer_config.json: is not valid JSON at character 8: Non-standard token 'NaN' is not allowed
          tokenizer_config.json | {"eos_token":7} | tokenizer_config.json: eos_token must be a string
          tokenizer_config.json | {"eos_token":{"id":7}} | tokenizer_config.json: eos_token has no content
          special_tokens_map.json | {"pad_token":[]} | special_tokens_map.json: pad_token must be a string
          """)
  void isNamedInTheOtherFiles(String file, String content, String message) throws IOException {
    write("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    write("merges.txt", "a b\r\n\r\n");
    assertEquals(1, Tokenizer.load(directory).encode("ab").length);
    write(file, content.replace("\\n", "\n"));
    assertEquals(message, failure());
  }

  @Test
  void noPreTokenizer() throws IOException {
    write("tokenizer.json", MINIMAL.replaceFirst("\"pre_tokenizer\":\\{.*?},", ""));
    assertEquals(
        "tokenizer.json: pre_tokenizer is missing; only ByteLevel is supported", failure());
  }

  @Test
  void notUtf8() throws IOException {
    Files.write(
        directory.resolve("tokenizer.json"), MINIMAL.replace("aab", "é").getBytes(ISO_8859_1));
    assertEquals("tokenizer.json: is not UTF-8", failure());
  }

  @Test
  void notJson() throws IOException {
    write("tokenizer.json", MINIMAL.substring(0, 300));
    assertTrue(failure().startsWith("tokenizer.json: is not valid JSON at character "));
  }

  @Test
  void tooLargeIsNotRead() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    assertEquals("tokenizer.json: has more than 128 MiB, the limit", failure());
  }

  @Test
  void aPointerIsNotTheFile() throws IOException {
    write("vocab.json", "{\"a\":0}");
    write("merges.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    assertEquals(
        "merges.txt: is a Git LFS pointer to the file, not the file: fetch it with git lfs pull",
        failure());
  }

  /** Whatever happens to a file: it loads, or one line names the file. */
  @ParameterizedTest
  @CsvSource({
    "plain, tokenizer.json",
    "shuffled, tokenizer.json",
    "older, tokenizer.json",
    "vocab, vocab.json",
    "vocab, merges.txt",
    "vocab, added_tokens.json",
    "vocab, special_tokens_map.json"
  })
  void mutations(String folder, String name) throws IOException {
    for (String file : new String[] {"vocab.json", "merges.txt"}) {
      Path source = Golden.folder("vocab").resolve(file);
      Files.copy(source, directory.resolve(file));
    }
    byte[] original = Files.readAllBytes(Golden.folder(folder).resolve(name));
    SplittableRandom random = new SplittableRandom(5);
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      Files.write(directory.resolve(name), mutate(original, random));
      try {
        Tokenizer tokenizer = Tokenizer.load(directory);
        assertEquals("e", tokenizer.decode(tokenizer.encode("e")).strip());
      } catch (TokenizerException e) {
        refused++;
        String message = e.getMessage();
        assertTrue(message.matches("[^\\p{Cntrl}\\u2028\\u2029]{1,600}"), message);
        assertTrue(
            message.startsWith(name + ": ") || message.contains("the vocabulary has no token"),
            message);
      }
    }
    assertTrue(refused > 200, "refused: " + refused);
  }

  private static byte[] mutate(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    for (int changes = random.nextInt(1, 4); changes > 0 && bytes.length > 1; changes--) {
      int at = random.nextInt(bytes.length);
      int end = Math.min(bytes.length, at + random.nextInt(1, random.nextBoolean() ? 4 : 200));
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> splice(bytes, at, end, new byte[0]);
            case 2 -> splice(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
            case 3 -> splice(bytes, at, at + 1, new byte[] {(byte) random.nextInt(256)});
            case 4 -> splice(bytes, at, at, bit(random));
            default -> splice(bytes, at, end, bit(random));
          };
    }
    return bytes;
  }

  private static byte[] bit(SplittableRandom random) {
    return JSON_BITS[random.nextInt(JSON_BITS.length)].getBytes(UTF_8);
  }

  private static byte[] splice(byte[] bytes, int start, int end, byte[] between) {
    byte[] result = new byte[start + between.length + bytes.length - end];
    System.arraycopy(bytes, 0, result, 0, start);
    System.arraycopy(between, 0, result, start, between.length);
    System.arraycopy(bytes, end, result, start + between.length, bytes.length - end);
    return result;
  }

  private String failure() {
    return assertThrows(TokenizerException.class, () -> Tokenizer.load(directory)).getMessage();
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }
}
