/*
 * Streaming read bandwidth: every thread sums its share of a buffer much larger than the caches.
 *
 *   cc -O3 -march=native -pthread bandwidth.c -o bandwidth && ./bandwidth THREADS BYTES PASSES
 *
 * Prints one line per pass: bytes per second. From how many addresses a core must read at once to
 * fill its line buffers differs between machines: the fastest of 1, 2, 4 and 8 is found first.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { WORDS = 64 }; /* uint64_t read from one stream before the next one's turn: 512 bytes */

static volatile uint64_t sink; /* where the sum goes, so that it isn't left out */

struct share {
  pthread_t thread;
  const uint64_t *from;
  size_t words;
  int streams;
  pthread_barrier_t *start;
  uint64_t sum;
};

static uint64_t sum(const uint64_t *from, size_t words, int streams) {
  size_t stride = words / streams / WORDS * WORDS;
  uint64_t lanes[WORDS] = {0};
  for (size_t i = 0; i < stride; i += WORDS) {
    for (int s = 0; s < streams; s++) {
      const uint64_t *p = from + s * stride + i;
      for (int w = 0; w < WORDS; w++) lanes[w] += p[w];
    }
  }
  uint64_t total = 0;
  for (int w = 0; w < WORDS; w++) total += lanes[w];
  return total;
}

static void *run(void *argument) {
  struct share *share = argument;
  pthread_barrier_wait(share->start);
  share->sum = sum(share->from, share->words, share->streams);
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Seconds for one read of the whole buffer. */
static double seconds(const uint64_t *buffer, size_t words, int threads, int streams) {
  struct share *shares = calloc(threads, sizeof *shares);
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, threads + 1);
  size_t each = words / threads;
  for (int i = 0; i < threads; i++) {
    shares[i] = (struct share){
        .from = buffer + i * each, .words = each, .streams = streams, .start = &start};
    pthread_create(&shares[i].thread, NULL, run, &shares[i]);
  }
  double begin = now();
  pthread_barrier_wait(&start);
  uint64_t total = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(shares[i].thread, NULL);
    total += shares[i].sum;
  }
  double end = now();
  pthread_barrier_destroy(&start);
  free(shares);
  sink = total;
  return end - begin;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: %s THREADS BYTES PASSES\n", arguments[0]);
    return 2;
  }
  int threads = atoi(arguments[1]), passes = atoi(arguments[3]);
  size_t bytes = strtoull(arguments[2], NULL, 10);
  void *buffer = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
#ifdef MADV_HUGEPAGE
  madvise(buffer, bytes, MADV_HUGEPAGE);
#endif
  uint64_t *numbers = buffer;
  size_t words = bytes / sizeof *numbers;
  for (size_t i = 0; i < words; i++) numbers[i] = i; /* pages that differ can't be merged */

  int fastest = 1;
  double least = 1e9;
  for (int trial = 0; trial < 3; trial++) {
    for (int streams = 1; streams <= 8; streams *= 2) {
      double time = seconds(numbers, words, threads, streams);
      if (time < least) {
        least = time;
        fastest = streams;
      }
    }
  }
  for (int pass = 0; pass < passes; pass++) {
    printf("%.0f\n", bytes / seconds(numbers, words, threads, fastest));
  }
  return 0;
}
