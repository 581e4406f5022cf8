package gpt2j.model.gpt2.gguf;

import gpt2j.model.gpt2.files.PositionedFile;
import gpt2j.model.gpt2.format.FormatException;
import gpt2j.model.gpt2.format.PartFile;
import gpt2j.model.gpt2.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of a model that {@code llama-gguf-split} has cut, {@code NAME-00001-of-00003.gguf} and
 * so on. The first has all that describes the model, each has some of the tensors; a model in one
 * file is its only part.
 */
final class GgufParts implements AutoCloseable {
  private static final String NUMBER = "split.no"; // counted from 0
  static final String COUNT = "split.count";
  private static final String TENSORS = "split.tensors.count"; // of all parts together
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private final List<Part> parts = new ArrayList<>();

  /** A file and what it holds. */
  record Part(PartFile file, GgufHeader header) {
    /** What a file says of its place among the others: its number, counted from 0. */
    int number() {
      return header.metadata().size(NUMBER).orElse(0);
    }

    int count() {
      return GgufParts.count(header.metadata());
    }
  }

  private GgufParts() {}

  /** How many parts a file is one of. */
  static int count(GgufMetadata metadata) {
    return Math.max(1, metadata.size(COUNT).orElse(1));
  }

  /**
   * Opens a file and those that belong to it, and checks that they do.
   *
   * @param path the only part, or any of several
   * @throws FormatException when one isn't a GGUF file, is missing, or belongs elsewhere
   * @throws IOException when it can't be read
   */
  static GgufParts open(Path path) throws IOException {
    GgufParts parts = new GgufParts();
    PositionedFile file = PositionedFile.open(path);
    try {
      GgufHeader header = GgufHeader.parse(file);
      int count = count(header.metadata());
      if (count == 1) {
        parts.parts.add(new Part(new PartFile("", file), header));
      } else {
        parts.openAll(path, new Part(new PartFile(name(path), file), header));
        parts.check();
      }
      return parts;
    } catch (IOException | RuntimeException e) {
      file.close();
      parts.close();
      throw e;
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  private void openAll(Path path, Part given) throws IOException {
    int count = given.count();
    if (given.number() >= count || count > PartFile.MOST) {
      throw new FormatException(
          given.number() >= count
              ? "%s is %d, but %s is %d".formatted(NUMBER, given.number(), COUNT, count)
              : "is one of %d parts (%s), more than %d, the limit"
                  .formatted(count, COUNT, PartFile.MOST));
    }
    Matcher name = NAME.matcher(given.file().name());
    String ending = ending(given.number(), count);
    if (!name.matches() || !given.file().name().endsWith(ending)) {
      throw new FormatException(
          "is part %d of %d (%s, %s), so its name must end in %s, or the others can't be found"
              .formatted(given.number() + 1, count, NUMBER, COUNT, ending));
    }
    for (int number = 0; number < count; number++) {
      if (number == given.number()) {
        parts.add(given);
        continue;
      }
      PartFile file = PartFile.open(path, name.group(1) + ending(number, count));
      try {
        parts.add(new Part(file, GgufHeader.parse(file.file())));
      } catch (FormatException e) {
        file.close();
        throw new FormatException(file.at(e.problem()));
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }

  private static String ending(int number, int count) {
    return "-%05d-of-%05d.gguf".formatted(number + 1, count);
  }

  private void check() {
    Map<String, PartFile> places = new HashMap<>();
    long tensors = 0;
    for (int number = 0; number < parts.size(); number++) {
      Part part = parts.get(number);
      if (part.number() != number || part.count() != parts.size()) {
        throw new FormatException(
            part.file()
                .at(
                    "says that it is part %d of %d (%s, %s), so the parts are not of one model"
                        .formatted(part.number() + 1, part.count(), NUMBER, COUNT)));
      }
      for (GgufTensor tensor : part.header().tensors()) {
        PartFile other = places.put(tensor.name(), part.file());
        if (other != null) {
          throw new FormatException(
              part.file()
                  .at(
                      "tensor %s is in %s too, so the parts are not of one model"
                          .formatted(Json.printable(tensor.name()), other.name())));
        }
      }
      tensors += part.header().tensors().size();
    }
    for (Part part : parts) {
      OptionalInt told = part.header().metadata().size(TENSORS);
      if (told.isPresent() && told.getAsInt() != tensors) {
        throw new FormatException(
            part.file()
                .at(
                    "%s is %d, but the parts have %d tensors together: they are not of one model"
                        .formatted(TENSORS, told.getAsInt(), tensors)));
      }
    }
  }

  /** In their order; the first describes the model. */
  List<Part> parts() {
    return parts;
  }

  /** What describes the model. */
  GgufHeader first() {
    return parts.getFirst().header();
  }

  @Override
  public void close() {
    parts.forEach(part -> part.file().close());
  }
}
