package gpt2j.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The variables, as {@code huggingface_hub} takes them. */
class HubSettingsTest {
  /** Of assignments with blanks between them. */
  private static HubSettings settings(String assignments) {
    return new HubSettings(
        Stream.of(assignments.split(" "))
            .map(each -> each.split("=", 2))
            .collect(Collectors.toMap(each -> each[0], each -> each[1])));
  }

  @ParameterizedTest
  @CsvSource({
    "HOME=/h, /h/.cache/huggingface/hub",
    "HOME=/h XDG_CACHE_HOME=/x, /x/huggingface/hub",
    "HOME=/h XDG_CACHE_HOME=/x HF_HOME=/y, /y/hub",
    "HOME=/h HF_HOME=~/y, /h/y/hub",
    "HOME=/h A=b HF_HOME=/y/$A/${A}/$B, /y/b/b/$B/hub",
    "HOME=/h HF_HOME=/y HUGGINGFACE_HUB_CACHE=/z, /z",
    "HOME=/h HUGGINGFACE_HUB_CACHE=/z HF_HUB_CACHE=~/c, /h/c",
    "HOME=/h HF_HUB_CACHE=, /h/.cache/huggingface/hub"
  })
  void theCacheIsWhereTheLibraryHasIt(String assignments, Path cache) {
    assertEquals(cache, settings(assignments).cache());
  }

  @ParameterizedTest
  @CsvSource({
    "A=b, false",
    "HF_HUB_OFFLINE=1, true",
    "HF_HUB_OFFLINE=yes, true",
    "HF_HUB_OFFLINE=0, false",
    "TRANSFORMERS_OFFLINE=True, true",
    "HF_HUB_OFFLINE=0 TRANSFORMERS_OFFLINE=1, false",
    "HF_HUB_OFFLINE= TRANSFORMERS_OFFLINE=1, true"
  })
  void offline(String assignments, boolean offline) {
    assertEquals(offline, settings(assignments).offline());
  }

  @Test
  void theTokenIsThatOfTheEnvironmentOrTheFile(@TempDir Path home) throws IOException {
    String place = "HF_HOME=" + home;
    assertEquals(Optional.empty(), settings(place).token());
    Files.writeString(home.resolve("token"), "  of-the-file\r\n");
    Files.writeString(home.resolve("other"), "of-the-other\n");
    assertEquals(Optional.of("of-the-file"), settings(place).token());
    assertEquals(
        Optional.of("of-the-other"),
        settings(place + " HF_TOKEN_PATH=" + home.resolve("other")).token());
    assertEquals(Optional.of("old"), settings(place + " HUGGING_FACE_HUB_TOKEN=old").token());
    assertEquals(
        Optional.of("new"), settings(place + " HUGGING_FACE_HUB_TOKEN=old HF_TOKEN=new").token());
    assertEquals(
        Optional.empty(),
        settings(place + " HF_TOKEN=new HF_HUB_DISABLE_IMPLICIT_TOKEN=1").token());
  }

  @Test
  void aTokenThatIsNoneIsNotShown() {
    HubSettings settings = new HubSettings(Map.of("HF_TOKEN", "sec\u0001ret"));
    String message = assertThrows(HubException.class, settings::token).getMessage();
    assertEquals("HF_TOKEN: has characters that no token has", message);
  }

  @Test
  void secondsOfNoneAreTheUsualOnes() {
    assertEquals(Duration.ofSeconds(10), settings("HF_HUB_ETAG_TIMEOUT=0").answering());
    assertEquals(Duration.ofSeconds(3), settings("HF_HUB_DOWNLOAD_TIMEOUT=3").silence());
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY=http://p:81, https://a.b, p:81",
    "HTTPS_PROXY=p, https://a.b, p:80",
    "https_proxy=http://q HTTPS_PROXY=http://p, https://a.b, q:80",
    "HTTPS_PROXY=http://p, http://a.b, ''",
    "ALL_PROXY=http://p, http://a.b, p:80",
    "HTTPS_PROXY=http://p NO_PROXY=a.b, https://a.b, ''",
    "HTTPS_PROXY=http://p NO_PROXY=.b, https://a.b, ''",
    "HTTPS_PROXY=http://p NO_PROXY=*, https://a.b, ''",
    "HTTPS_PROXY=http://p NO_PROXY=x.b, https://a.b, p:80"
  })
  void proxies(String assignments, URI uri, String expected) {
    Proxy proxy = settings(assignments).proxies().select(uri).getFirst();
    if (expected.isEmpty()) {
      assertEquals(Proxy.NO_PROXY, proxy);
    } else {
      InetSocketAddress address = (InetSocketAddress) proxy.address();
      assertEquals(expected, address.getHostString() + ":" + address.getPort());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, gpt2, main",
    "a/b@c, a/b, c",
    "a/b@refs/pr/1, a/b, refs/pr/1",
    "hf.co/a/b/tree/refs%2Fpr%2F1, a/b, refs/pr/1",
    "https://huggingface.co/a/b?x=y#z, a/b, main",
    "https://huggingface.co/gpt2/tree/v1/sub, gpt2, v1",
    "hf://a/b@c, a/b, c"
  })
  void names(String text, String name, String revision) {
    assertEquals(new HubModel(name, revision), HubModel.parse(text));
  }

  @ParameterizedTest
  @CsvSource({
    "a/b/c",
    "a--b",
    "a..b",
    "-a",
    "a-",
    ".a",
    "a.git",
    "a b",
    "a@",
    "a@..",
    "a@/x",
    "a@x/",
    "a@x//y",
    "a@x/../y",
    "a@.x",
    "a@x.lock",
    "a@x:y",
    "a@x\\y",
    "a@~",
    "é",
    "''",
    "@a"
  })
  void whatIsNoName(String text) {
    assertThrows(IllegalArgumentException.class, () -> HubModel.parse(text));
  }

  @Test
  void whatCanOnlyBeAPath() {
    assertTrue(HubModel.isPathOnly("./a"));
    assertTrue(HubModel.isPathOnly("a/b/c"));
    assertFalse(HubModel.isPathOnly("a/b@refs/pr/1"));
    assertFalse(HubModel.isPathOnly("https://huggingface.co/a/b"));
  }
}
