package gpt2j.model.gpt2.training.run;

import gpt2j.model.gpt2.safetensors.OutputTensor;
import gpt2j.model.gpt2.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a run does to files, so that a test can let each operation fail. When one that writes a file
 * returns, its content is on the disk, though its name may not be: see {@link #force}.
 */
class Disk {
  private static final Map<String, String> METADATA = Map.of("format", "pt"); // for transformers

  /** Makes a directory whose parent is there. */
  void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory);
  }

  /** Writes a new file. */
  void write(Path file, byte[] content) throws IOException {
    Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    forceFile(file);
  }

  /** Writes a new file of tensors, whose values are asked for in order by one thread. */
  void write(Path file, Collection<OutputTensor> tensors) throws IOException {
    SafetensorsWriter.write(file, tensors, METADATA, 1, fraction -> {});
    forceFile(file);
  }

  /** Copies a file to where there is none. */
  void copy(Path from, Path to) throws IOException {
    Files.copy(from, to);
    forceFile(to);
  }

  /** Makes a symbolic link to a sibling. */
  void link(Path link, Path target) throws IOException {
    Files.createSymbolicLink(link, target.getFileName());
  }

  /** Gives a file or a directory another name at once; replaces a file, not a directory. */
  void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Sees to it that the names in a directory are on the disk. */
  void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      sync(channel);
    }
  }

  private void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      sync(channel);
    }
  }

  /** Returns when what was written is on the disk. */
  void sync(FileChannel channel) throws IOException {
    channel.force(true);
  }

  /** Deletes a file or a directory with all that is in it; nothing when there is none. */
  void delete(Path path) throws IOException {
    List<Path> all;
    try (Stream<Path> content = Files.walk(path)) {
      all = content.sorted(Comparator.reverseOrder()).toList(); // what is in a directory first
    } catch (NoSuchFileException nothing) {
      return;
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
