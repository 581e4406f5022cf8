package gpt2j.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.hub.cache.CacheLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads as they should go, and what the cache holds afterwards. */
class HubTest {
  private static final String GOING_ON =
      "; going on with what the cache has of it, for which --offline asks nobody";

  private HubFixture fixture;

  @BeforeEach
  void start(@TempDir Path cache) throws IOException {
    fixture = new HubFixture(cache);
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
  }

  @Test
  void aModelIsLaidOutAsTheLibraryLaysItOut() throws IOException {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    assertEquals(fixture.repository().resolve("snapshots").resolve(LoopbackHub.COMMIT), folder);
    Set<String> expected = new TreeSet<>();
    expected.add("CACHEDIR.TAG");
    String repository = "models--openai-community--gpt2/";
    expected.add(repository + "refs/main");
    for (String file :
        List.of("config.json", "generation_config.json", "tokenizer.json", "model.safetensors")) {
      String hash = fixture.blob(file).getFileName().toString();
      expected.add(repository + "blobs/" + hash);
      expected.add(
          "%ssnapshots/%s/%s -> ../../blobs/%s"
              .formatted(repository, LoopbackHub.COMMIT, file, hash));
      assertArrayEquals(fixture.server.files.get(file), Files.readAllBytes(folder.resolve(file)));
    }
    for (String absent :
        List.of(
            "added_tokens.json",
            "merges.txt",
            "special_tokens_map.json",
            "spiece.model",
            "tokenizer.model",
            "tokenizer_config.json",
            "vocab.json",
            "vocab.txt")) {
      expected.add(repository + ".no_exist/" + LoopbackHub.COMMIT + "/" + absent);
    }
    assertEquals(expected, fixture.content());
    assertEquals(LoopbackHub.COMMIT, Files.readString(fixture.repository().resolve("refs/main")));
    assertTrue(
        Files.readString(fixture.cache.resolve("CACHEDIR.TAG"))
            .startsWith("Signature: 8a477f597d28d172789f06886806bc55\n"));
  }

  @Test
  void whatIsInTheCacheIsTakenWithoutAsking() {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    fixture.server.requests.clear();
    assertEquals(folder, fixture.resolve(LoopbackHub.NAME));
    assertEquals(
        folder,
        fixture.hub().offline().resolve(HubModel.parse(LoopbackHub.NAME), fixture.listener()));
    assertEquals(List.of(), fixture.server.requests);
    assertEquals(List.of(), fixture.notes);
  }

  @Test
  void aModelThatMovedIsKeptUnderTheNameThatWasAskedFor() {
    assertEquals(
        fixture.cache.resolve("models--gpt2/snapshots").resolve(LoopbackHub.COMMIT),
        fixture.resolve("gpt2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "refs/pr/1", LoopbackHub.COMMIT})
  void aRevisionIsABranchATagOrACommit(String revision) throws IOException {
    fixture.resolve(LoopbackHub.NAME + "@" + revision);
    Path reference = fixture.repository().resolve("refs").resolve(revision);
    if (revision.equals(LoopbackHub.COMMIT)) {
      assertFalse(Files.exists(reference));
    } else {
      assertEquals(LoopbackHub.COMMIT, Files.readString(reference));
    }
  }

  @Test
  void theTokenGoesToTheHubAlone() {
    fixture.resolve("gpt2");
    assertFalse(fixture.server.elsewhere.isEmpty());
    fixture.server.requests.forEach(
        request -> assertEquals("Bearer " + HubFixture.TOKEN, request.header("authorization")));
    fixture.server.elsewhere.forEach(request -> assertEquals("", request.header("authorization")));
  }

  @Test
  void withoutATokenNoneIsSent() {
    fixture.environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    fixture.resolve("gpt2");
    fixture.server.requests.forEach(request -> assertEquals("", request.header("authorization")));
  }

  @Test
  void onlyWhatIsNeededIsAskedFor() {
    fixture.resolve(LoopbackHub.NAME);
    assertTrue(
        fixture.server.requests.stream()
            .noneMatch(r -> r.path().endsWith(".bin") || r.path().endsWith(".md")));
  }

  @Test
  void shardsAreThoseOfTheIndex() throws IOException {
    fixture.server.files.remove("model.safetensors");
    byte[] first = LoopbackHub.noise(1000, 2);
    byte[] second = LoopbackHub.noise(2000, 3);
    fixture.server.files.put("model-1-of-2.safetensors", first);
    fixture.server.files.put("model-2-of-2.safetensors", second);
    fixture.server.files.put("other.safetensors", LoopbackHub.noise(10, 4));
    index(
        "{\"weight_map\": {\"a\": \"model-1-of-2.safetensors\", \"b\":"
            + " \"model-2-of-2.safetensors\"}}");
    Path folder = fixture.resolve(LoopbackHub.NAME);
    assertArrayEquals(first, Files.readAllBytes(folder.resolve("model-1-of-2.safetensors")));
    assertArrayEquals(second, Files.readAllBytes(folder.resolve("model-2-of-2.safetensors")));
    assertFalse(Files.exists(folder.resolve("other.safetensors")));
    fixture.server.requests.clear();
    fixture.resolve(LoopbackHub.NAME);
    assertEquals(List.of(), fixture.server.requests);
  }

  @Test
  void pickledWeightsAreTakenWhereThereAreNoOthers() throws IOException {
    fixture.server.files.remove("model.safetensors");
    Path folder = fixture.resolve(LoopbackHub.NAME);
    assertArrayEquals(
        fixture.server.files.get("pytorch_model.bin"),
        Files.readAllBytes(folder.resolve("pytorch_model.bin")));
    int asked = fixture.server.requests.size();
    assertEquals(folder, fixture.resolve(LoopbackHub.NAME)); // from the cache
    assertEquals(asked, fixture.server.requests.size());
  }

  @Test
  void pickledWeightsInPiecesAreTakenAtLast() throws IOException {
    fixture.server.files.remove("model.safetensors");
    fixture.server.files.remove("pytorch_model.bin");
    byte[] first = LoopbackHub.noise(20_000, 2);
    byte[] second = LoopbackHub.noise(30_000, 3);
    fixture.server.files.put("pytorch_model-00001-of-00002.bin", first);
    fixture.server.files.put("pytorch_model-00002-of-00002.bin", second);
    fixture.server.files.put("training_args.bin", LoopbackHub.noise(10, 4));
    fixture.server.files.put(
        "pytorch_model.bin.index.json",
        ("{\"weight_map\": {\"a\": \"pytorch_model-00001-of-00002.bin\", \"b\":"
                + " \"pytorch_model-00002-of-00002.bin\"}}")
            .getBytes(UTF_8));
    Path folder = fixture.resolve(LoopbackHub.NAME);
    assertArrayEquals(
        first, Files.readAllBytes(folder.resolve("pytorch_model-00001-of-00002.bin")));
    assertArrayEquals(
        second, Files.readAllBytes(folder.resolve("pytorch_model-00002-of-00002.bin")));
    assertFalse(Files.exists(folder.resolve("training_args.bin")));
    fixture.server.requests.clear();
    fixture.resolve(LoopbackHub.NAME); // from the cache
    assertEquals(List.of(), fixture.server.requests);
    Files.delete(folder.resolve("pytorch_model-00002-of-00002.bin"));
    fixture.resolve(LoopbackHub.NAME); // which lacks one, and knows its content
    assertArrayEquals(
        second, Files.readAllBytes(folder.resolve("pytorch_model-00002-of-00002.bin")));
  }

  private void index(String text) {
    fixture.server.files.put("model.safetensors.index.json", text.getBytes(UTF_8));
  }

  @Test
  void anIndexCanNameFilesOfItsFolderOnly() {
    fixture.server.files.remove("model.safetensors");
    index("{\"weight_map\": {\"a\": \"../../../evil.safetensors\"}}");
    String message =
        assertThrows(HubException.class, () -> fixture.resolve(LoopbackHub.NAME)).getMessage();
    assertTrue(message.contains("of the same folder, not \"../../../evil"), message);
  }

  @Test
  void namesThatAServerMakesUpAreNotUsed() {
    fixture.server.files.put("../../../../evil.json", new byte[1]);
    fixture.server.files.put("/etc/passwd", new byte[1]);
    fixture.resolve(LoopbackHub.NAME);
    assertTrue(fixture.content().stream().noneMatch(name -> name.contains("evil")));
  }

  @Test
  void filesOfTheSameContentShareABlob() throws IOException {
    fixture.server.files.put(
        "tokenizer_config.json", fixture.server.files.get("generation_config.json"));
    Path folder = fixture.resolve(LoopbackHub.NAME);
    assertArrayEquals(
        fixture.server.files.get("generation_config.json"),
        Files.readAllBytes(folder.resolve("tokenizer_config.json")));
  }

  @Test
  void withoutLinksTheSnapshotHasTheFilesThemselves() throws IOException {
    fixture.environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
    fixture.server.files.put(
        "tokenizer_config.json", fixture.server.files.get("generation_config.json"));
    Path folder = fixture.resolve(LoopbackHub.NAME);
    for (String file : List.of("config.json", "tokenizer_config.json", "model.safetensors")) {
      assertFalse(Files.isSymbolicLink(folder.resolve(file)));
      assertArrayEquals(fixture.server.files.get(file), Files.readAllBytes(folder.resolve(file)));
    }
    fixture.server.requests.clear();
    fixture.resolve(LoopbackHub.NAME);
    assertEquals(List.of(), fixture.server.requests);
  }

  @Test
  void whatAnotherProgramLeftOutIsAdded() throws IOException {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    Files.delete(folder.resolve("tokenizer.json"));
    Files.delete(fixture.blob("tokenizer.json"));
    fixture.server.requests.clear();
    fixture.resolve(LoopbackHub.NAME);
    assertTrue(Files.exists(folder.resolve("tokenizer.json")));
    assertTrue(
        fixture.server.requests.stream().noneMatch(r -> r.path().endsWith("model.safetensors")));
  }

  @Test
  void withoutTheHubThatIsGoneOnWithInspiteOfWhatMayBeMissing() throws IOException {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    Files.delete(folder.resolve("tokenizer.json"));
    fixture.server.close();
    assertEquals(folder, fixture.resolve(LoopbackHub.NAME));
    assertEquals(1, fixture.notes.size());
    assertTrue(fixture.notes.getFirst().endsWith(GOING_ON), fixture.notes.toString());
  }

  /** Such as a process that was stopped: what runs without a file doesn't wait for it for long. */
  @Test
  void whoBringsWhatMayBeMissingIsWaitedForAsLongAsTheHub() throws IOException {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    Files.delete(folder.resolve("tokenizer.json"));
    Files.delete(fixture.blob("tokenizer.json"));
    fixture.environment.put("HF_HUB_ETAG_TIMEOUT", "1");
    String hash = fixture.blob("tokenizer.json").getFileName().toString();
    Path file = fixture.cache.resolve(".locks/models--openai-community--gpt2/" + hash + ".lock");
    try (CacheLock lock = CacheLock.tryTake(file).orElseThrow()) {
      assertTrue(lock.isExclusive());
      assertEquals(folder, fixture.resolve(LoopbackHub.NAME));
    }
    assertEquals(
        List.of(
            "openai-community/gpt2@"
                + LoopbackHub.COMMIT
                + ": another process has been downloading tokenizer.json for more than 1 s"
                + GOING_ON),
        fixture.notes);
    assertEquals(folder, fixture.resolve(LoopbackHub.NAME));
    assertTrue(Files.exists(folder.resolve("tokenizer.json")));
  }

  @Test
  void allFilesOfACommitAreKnownWhereTheLibraryNotedThem() throws IOException {
    Path folder = fixture.resolve(LoopbackHub.NAME);
    try (var notes = Files.walk(fixture.repository().resolve(".no_exist"))) {
      notes.sorted(java.util.Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
    Path tree = fixture.repository().resolve("trees").resolve(LoopbackHub.COMMIT + ".json");
    Files.createDirectories(tree.getParent());
    Files.writeString(tree, "{\"format_version\": 1, \"files\": {\"config.json\": {\"size\": 1}}}");
    fixture.server.requests.clear();
    assertEquals(folder, fixture.resolve(LoopbackHub.NAME));
    assertEquals(List.of(), fixture.server.requests);
  }

  @Test
  void updatingBringsTheNewCommitAndKeepsTheOld() throws IOException {
    Path before = fixture.resolve(LoopbackHub.NAME);
    fixture.server.commit = "1111111111111111111111111111111111111111";
    fixture.server.files.put("generation_config.json", "{}".getBytes(UTF_8));
    assertEquals(before, fixture.resolve(LoopbackHub.NAME));
    fixture.server.elsewhere.clear();
    Path after = fixture.hub().update(HubModel.parse(LoopbackHub.NAME), fixture.listener());
    assertEquals(fixture.server.commit, after.getFileName().toString());
    assertEquals("{}", Files.readString(after.resolve("generation_config.json")));
    assertEquals(List.of(), fixture.server.elsewhere); // the weights are the same
    assertEquals(after, fixture.resolve(LoopbackHub.NAME));
    assertEquals(before, fixture.resolve(LoopbackHub.NAME + "@" + LoopbackHub.COMMIT));
  }

  @Test
  void updatingWhileTheHubIsAwayGivesWhatTheCacheHas() throws IOException {
    Path before = fixture.resolve(LoopbackHub.NAME);
    fixture.server.close();
    assertEquals(
        before, fixture.hub().update(HubModel.parse(LoopbackHub.NAME), fixture.listener()));
    assertTrue(fixture.notes.getLast().contains("the cache has it"), fixture.notes.toString());
  }

  @Test
  void aListenerCanEndADownloadWhichGoesOnLater() {
    fixture.server.fault("GET /stored/model.safetensors", answer -> answer.slow(20, 1000));
    HubListener impatient =
        new HubListener() {
          @Override
          public void progressed(long bytes, long total) {
            assertEquals(LoopbackHub.WEIGHTS, total - 40, 30);
            if (bytes > 10_000) {
              throw new CancellationException();
            }
          }
        };
    assertThrows(
        CancellationException.class,
        () -> fixture.hub().resolve(HubModel.parse(LoopbackHub.NAME), impatient));
    assertTrue(Files.exists(fixture.incomplete("model.safetensors")));
    assertFalse(Files.exists(fixture.repository().resolve("snapshots")));
    fixture.resolve(LoopbackHub.NAME);
    assertTrue(fixture.server.elsewhere.getLast().header("range").startsWith("bytes="));
    assertFalse(Files.exists(fixture.incomplete("model.safetensors")));
  }

  @Test
  void offlineNothingIsAskedFor() {
    fixture.environment.put("HF_HUB_OFFLINE", "1");
    String message = assertThrows(HubException.class, () -> fixture.resolve("gpt2")).getMessage();
    assertTrue(message.startsWith("gpt2: is not in the hub's cache ("), message);
    assertEquals(List.of(), fixture.server.requests);
  }
}
