package gpt2j.bench.visualize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GifFileTest {
  private static final int WIDTH = 90;
  private static final int HEIGHT = 40;

  @TempDir private Path directory;

  @Test
  void aFilmDecodesToTheSamePicturesAndDelays() throws IOException {
    Path file = directory.resolve("film.gif");
    Files.write(file, new byte[1_000_000]); // to be replaced by less
    ColorScale[] scales = {ColorScale.signed(1), ColorScale.probability(1)};
    IndexedColors colors = new IndexedColors(scales);
    List<BufferedImage> frames = new ArrayList<>();
    List<Duration> delays =
        List.of(Duration.ofMillis(40), Duration.ofMillis(400), Duration.ofSeconds(3));
    Random random = new Random(3);
    try (GifFile gif = new GifFile(file)) {
      for (Duration delay : delays) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
          ColorScale scale = scales[random.nextInt(2)];
          image.setRGB(i % WIDTH, i / WIDTH, scale.rgb(random.nextFloat(-1, 1)));
        }
        frames.add(image);
        gif.add(colors.convert(image), delay);
      }
    }
    GifReading.Film film = GifReading.read(file);
    assertEquals(delays, film.delays());
    assertEquals(0, film.plays()); // for ever
    for (int i = 0; i < frames.size(); i++) {
      assertArrayEquals(GifReading.pixels(frames.get(i)), GifReading.pixels(film.frames().get(i)));
    }
  }
}
