package gpt2j.hub.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import gpt2j.model.gpt2.files.Disk;
import gpt2j.model.gpt2.files.Io;
import gpt2j.model.gpt2.json.Json;
import gpt2j.model.gpt2.json.JsonException;
import gpt2j.model.gpt2.json.JsonValue;
import gpt2j.model.gpt2.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A model's folder in the cache.
 *
 * <pre>
 * .locks/models--ORG--NAME/HASH.lock
 * models--ORG--NAME/blobs/HASH                     contents, by their hashes
 * models--ORG--NAME/blobs/HASH.incomplete          what of one is there so far
 * models--ORG--NAME/refs/REVISION                  the commit of a branch or tag
 * models--ORG--NAME/snapshots/COMMIT/FILE          a relative link to the blob
 * models--ORG--NAME/.no_exist/COMMIT/FILE          that a commit has no such file
 * models--ORG--NAME/trees/COMMIT.json              all files of a commit; written by others
 * </pre>
 *
 * @param cache the folder of all models
 * @param name of the model, with its owner's and a slash, or without
 * @param links whether snapshots may be made of links
 */
public record Repository(Path cache, String name, boolean links) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final String INCOMPLETE = ".incomplete";

  /** What backup programs look for: <a href="https://bford.info/cachedir/">its standard</a>. */
  private static final String TAG =
      "Signature: 8a477f597d28d172789f06886806bc55\n"
          + "# A cache of the Hugging Face hub; this file was written by gpt2j.\n";

  /** Whether a revision is that of a commit, which never changes. */
  public static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  private String folderName() {
    return "models--" + name.replace("/", "--");
  }

  private Path folder() {
    return cache.resolve(folderName());
  }

  /** Where a content is. */
  public Path blob(ContentHash hash) {
    return folder().resolve("blobs").resolve(hash.hex());
  }

  /**
   * Whether a content is there. It gets its place when it is complete; of another size it was
   * damaged since.
   *
   * @param size in bytes
   */
  public boolean has(ContentHash hash, long size) {
    try {
      return Files.size(blob(hash)) == size;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where a content is while it is downloaded by whoever has the lock. */
  public Path incomplete(ContentHash hash) {
    return sibling(hash, INCOMPLETE);
  }

  /** Where a content is while it is downloaded without a lock: a new place. */
  public Path incompleteOfOne(ContentHash hash) {
    return sibling(hash, "." + random() + INCOMPLETE);
  }

  private Path sibling(ContentHash hash, String suffix) {
    return blob(hash).resolveSibling(hash.hex() + suffix);
  }

  private static String random() {
    return UUID.randomUUID().toString().substring(0, 8);
  }

  /** The file whose lock keeps others from downloading a content. */
  public Path lock(ContentHash hash) {
    return cache.resolve(".locks").resolve(folderName()).resolve(hash.hex() + ".lock");
  }

  /** Where the files of a commit are. */
  public Path snapshot(String commit) {
    return folder().resolve("snapshots").resolve(commit);
  }

  /** The commit that a revision was when it was last downloaded; none when it wasn't. */
  public Optional<String> commit(String revision) {
    if (isCommit(revision)) {
      return Optional.of(revision);
    }
    Path reference = reference(revision);
    try {
      return Files.isRegularFile(reference)
          ? Optional.of(new String(Io.readText(reference, 1 << 12), UTF_8).strip())
              .filter(Repository::isCommit)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path reference(String revision) {
    return folder().resolve("refs").resolve(revision);
  }

  /** Whether a commit's file is there; a link that leads nowhere is none. */
  public boolean has(String commit, String file) {
    return Files.isRegularFile(snapshot(commit).resolve(file));
  }

  /** Whether a commit is known to have no such file. */
  public boolean isKnownMissing(String commit, String file) {
    return Files.exists(missing(commit, file))
        || tree(commit).map(files -> !files.contains(file)).orElse(false);
  }

  private Path missing(String commit, String file) {
    return folder().resolve(".no_exist").resolve(commit).resolve(file);
  }

  /** The names of all files of a commit, where a program that downloads all has noted them. */
  private Optional<Set<String>> tree(String commit) {
    Path list = folder().resolve("trees").resolve(commit + ".json");
    try {
      JsonValue files =
          Files.exists(list) ? Json.readObject(Io.readSmall(list)).members().get("files") : null;
      return files instanceof JsonObject object
          ? Optional.of(object.members().keySet())
          : Optional.empty();
    } catch (IOException | JsonException e) {
      return Optional.empty(); // as without
    }
  }

  /** Makes the folder of the blobs, and marks the cache as one. */
  public void create() throws IOException {
    Files.createDirectories(folder().resolve("blobs"));
    Path tag = cache.resolve("CACHEDIR.TAG");
    try {
      if (!Files.exists(tag)) {
        Files.writeString(tag, TAG);
      }
    } catch (IOException e) {
      // a cache without is one too
    }
  }

  /** Notes that a commit has no such file. */
  public void noteMissing(String commit, String file) throws IOException {
    Path note = missing(commit, file);
    Files.createDirectories(note.getParent());
    try {
      Files.createFile(note);
    } catch (FileAlreadyExistsException e) {
      // is noted
    }
  }

  /** Notes the commit of a revision, unless it is that of a commit itself. */
  public void noteCommit(String revision, String commit) throws IOException {
    if (revision.equals(commit) || commit(revision).filter(commit::equals).isPresent()) {
      return;
    }
    Path reference = reference(revision);
    Files.createDirectories(reference.getParent());
    Path partial = reference.resolveSibling(reference.getFileName() + "." + random() + ".tmp");
    try {
      Files.writeString(partial, commit);
      Files.move(partial, reference, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /**
   * Gives a commit's file its content, which is there: by a relative link, or where there are none
   * by a copy; what was just downloaded is then moved, as {@code huggingface_hub} does.
   *
   * @param isNew whether nothing else can refer to the content yet
   */
  public void put(String commit, String file, ContentHash hash, boolean isNew) throws IOException {
    Path place = snapshot(commit).resolve(file);
    Path blob = blob(hash);
    Files.createDirectories(place.getParent());
    if (links) {
      Path target = place.getParent().relativize(blob);
      try {
        if (Files.isSymbolicLink(place) && Files.readSymbolicLink(place).equals(target)) {
          return;
        }
        Files.deleteIfExists(place);
        Files.createSymbolicLink(place, target);
        return;
      } catch (FileAlreadyExistsException e) {
        return; // another process did the same
      } catch (UnsupportedOperationException | IOException e) {
        // no links here
      }
    }
    copy(blob, place, isNew);
  }

  private static void copy(Path blob, Path place, boolean isNew) throws IOException {
    if (isNew) {
      Files.move(blob, place, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    Path partial = Disk.hidden(place, "." + random());
    try {
      Files.copy(blob, partial);
      Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
