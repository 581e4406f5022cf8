package gpt2j.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.hub.cache.CacheLock;
import gpt2j.hub.cache.ContentHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that are killed, and several at once. More often with -Dgpt2j.test.kills=50, from
 * another seed with -Dgpt2j.test.seed=2.
 */
class HubKillTest {
  private static final int KILLS = Integer.getInteger("gpt2j.test.kills", 3);
  private static final long SEED = Long.getLong("gpt2j.test.seed", 1);
  private static final int LARGE = 2_000_000;

  private static Process start(HubFixture fixture) throws IOException {
    return HubProcess.start(fixture.environment, LoopbackHub.NAME);
  }

  /** Kills a process once some bytes have come, wherever in the file that is. */
  @Test
  void whatIsKilledGoesOn(@TempDir Path folder) throws Exception {
    Random random = new Random(SEED);
    int resumed = 0;
    for (int i = 0; i < KILLS; i++) {
      try (HubFixture fixture = new HubFixture(folder.resolve("cache" + i))) {
        byte[] weights = LoopbackHub.noise(LARGE, i);
        fixture.server.files.put("model.safetensors", weights);
        fixture.server.fault("GET /stored/model.safetensors", answer -> answer.slow(2, 10_000));
        int enough = random.nextInt(LARGE - 200_000);
        Process process = start(fixture);
        Path incomplete = fixture.incomplete("model.safetensors");
        while (process.isAlive()
            && (!Files.exists(incomplete) || Files.size(incomplete) < enough)) {
          Thread.sleep(1);
        }
        process.destroyForcibly();
        assertEquals(128 + 9, process.waitFor(), () -> "before it was killed");
        assertFalse(Files.exists(fixture.repository().resolve("snapshots")));
        long there = Files.size(incomplete);
        Process next = start(fixture);
        Path snapshot = Path.of(HubProcess.output(next));
        assertEquals(0, next.waitFor());
        assertArrayEquals(weights, Files.readAllBytes(snapshot.resolve("model.safetensors")));
        assertTrue(fixture.content().stream().noneMatch(name -> name.endsWith("incomplete")));
        String range = fixture.server.elsewhere.getLast().header("range");
        resumed += range.equals("bytes=" + there + "-") ? 1 : 0;
      }
    }
    assertEquals(KILLS, resumed);
  }

  @Test
  void severalAtOnceDownloadEachFileOnce(@TempDir Path cache) throws Exception {
    try (HubFixture fixture = new HubFixture(cache)) {
      fixture.server.faults(9, "GET /stored/model.safetensors", answer -> answer.slow(10, 10_000));
      List<Process> processes = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        processes.add(start(fixture));
      }
      for (Process process : processes) {
        Path snapshot = Path.of(HubProcess.output(process));
        assertEquals(0, process.waitFor());
        assertArrayEquals(
            fixture.server.files.get("model.safetensors"),
            Files.readAllBytes(snapshot.resolve("model.safetensors")));
      }
      assertEquals(1, fixture.server.elsewhere.size());
    }
  }

  @Test
  void whoHasTheLockIsWaitedFor(@TempDir Path cache) throws Exception {
    try (HubFixture fixture = new HubFixture(cache)) {
      ContentHash hash =
          ContentHash.of(fixture.blob("model.safetensors").getFileName().toString()).orElseThrow();
      Path file =
          cache.resolve(".locks/models--openai-community--gpt2").resolve(hash.hex() + ".lock");
      CompletableFuture<Path> download;
      try (CacheLock lock = CacheLock.tryTake(file).orElseThrow()) {
        assertTrue(lock.isExclusive());
        assertEquals(Optional.empty(), CacheLock.tryTake(file));
        download = CompletableFuture.supplyAsync(() -> fixture.resolve(LoopbackHub.NAME));
        while (fixture.notes.isEmpty()) {
          Thread.sleep(10);
        }
        assertEquals(
            List.of("waiting for another process, which downloads model.safetensors"),
            fixture.notes);
        assertTrue(fixture.server.elsewhere.isEmpty());
        // What the other has brought isn't brought again.
        Files.write(
            fixture.blob("model.safetensors"), fixture.server.files.get("model.safetensors"));
      }
      assertTrue(Files.exists(download.join().resolve("model.safetensors")));
      assertTrue(fixture.server.elsewhere.isEmpty());
    }
  }

  @Test
  void theLockOfAFileThatWasDeletedLocksNobodyOut(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("locks/a.lock");
    try (CacheLock lock = CacheLock.tryTake(file).orElseThrow()) {
      Files.delete(file);
      try (CacheLock next = CacheLock.tryTake(file).orElseThrow()) {
        assertTrue(lock.isExclusive() && next.isExclusive());
      }
    }
    CacheLock.tryTake(file).orElseThrow().close();
  }
}
