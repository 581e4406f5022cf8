// What attention in training shares with its backward pass: tiles of a head in shared memory, and
// products of them. A block makes results of 64 positions and meets 32 others at a time.
//
// Heads of any size are taken 64 elements at a time, a chunk. A block makes one chunk of its
// results, for which it needs all chunks of what it multiplies.
#pragma once

#include "dropout.cuh"
#include "reduce.cuh"

namespace training_attention {

constexpr int THREADS = 128;
constexpr int OWN = 64;           // positions whose results a block makes
constexpr int OTHERS = 32;        // positions that it meets at a time
constexpr int CHUNK = 64;         // elements of a head
constexpr int PITCH = CHUNK + 4;  // so that neighbouring positions lie in different banks
constexpr int SIDE = 8;           // threads side by side, over other positions or elements
constexpr int EACH = 4;           // a thread's own positions, and its other ones
constexpr int QUADS = 2;          // a thread's elements of a result, four each

static_assert(THREADS / SIDE * EACH == OWN && SIDE * EACH == OTHERS, "positions of all threads");
static_assert(SIDE * QUADS * 4 == CHUNK && OWN == CHUNK, "elements of all threads");

// [position][element]. Of other positions a thread has four neighbours, which lie SIDE lines apart,
// so that threads side by side read neighbouring lines.
using OwnTile = float[OWN][PITCH];
using OthersTile = float[OTHERS][PITCH];

// [other position][own position], the others in the order of their tile.
using Weights = float[OTHERS][PITCH];

static __device__ __forceinline__ int first_own() { return threadIdx.x / SIDE * EACH; }

static __device__ __forceinline__ int side() { return threadIdx.x % SIDE; }

static __device__ __forceinline__ int first_other() { return side() * EACH; }

// Which sequence, head and positions are a block's. blockIdx: tile of positions of all sequences,
// head, chunk. The tiles that start first should be those with most work.
struct Place {
  int row;    // of the batch, of the sequence's first position
  int head;
  int first;  // position

  static __device__ __forceinline__ Place of(int length, bool lastFirst) {
    int tiles = (length + OWN - 1) / OWN;
    int sequences = gridDim.x / tiles;
    int tile = static_cast<int>(blockIdx.x) / sequences;
    int sequence = static_cast<int>(blockIdx.x) % sequences;
    int first = (lastFirst ? tiles - 1 - tile : tile) * OWN;
    return {sequence * length, static_cast<int>(blockIdx.y), first};
  }
};

// Elements of a head that a chunk has.
static __device__ __forceinline__ int elements(int chunk, int headSize) {
  return min(CHUNK, headSize - chunk * CHUNK);
}

// A head's vectors of one sequence in memory, by position.
struct Vectors {
  const float* first;
  size_t apart;
  int length;
  int headSize;

  // Of queries, keys or values (part 0, 1, 2) in qkv [n, 3, heads, headSize]; or, with 1 part, in
  // what is [n, heads, headSize].
  static __device__ __forceinline__ Vectors of(
      const float* tensor, int parts, int part, const Place& place, int heads, int length,
      int headSize) {
    size_t line = static_cast<size_t>(place.row) * parts + part;
    size_t apart = static_cast<size_t>(parts) * heads * headSize;
    return {tensor + (line * heads + place.head) * headSize, apart, length, headSize};
  }

  // Starts to copy positions start … start + OWN − 1; what doesn't exist is 0.
  __device__ __forceinline__ void fetch(OwnTile& to, int start, int chunk) const {
    Column column(*this, start, chunk);
#pragma unroll 2
    for (int i = threadIdx.x / CHUNK; i < OWN; i += Column::APART) {
      column.fetch(&to[i][column.element], start + i);
    }
  }

  __device__ __forceinline__ void fetch_others(OthersTile& to, int start, int chunk) const {
    Column column(*this, start, chunk);
#pragma unroll 2
    for (int i = threadIdx.x / CHUNK; i < OTHERS; i += Column::APART) {
      column.fetch(&to[i % EACH * SIDE + i / EACH][column.element], start + i);
    }
  }

 private:
  // What a thread brings to a tile: one element of every vector but those between.
  struct Column {
    static constexpr int APART = THREADS / CHUNK;
    int element;
    int end;  // position
    const float* at;
    size_t step;

    __device__ __forceinline__ Column(const Vectors& from, int start, int chunk)
        : element(threadIdx.x % CHUNK),
          end(element < elements(chunk, from.headSize) ? from.length : 0),
          at(from.first + (start + threadIdx.x / CHUNK) * from.apart + chunk * CHUNK + element),
          step(APART * from.apart) {}

    __device__ __forceinline__ void fetch(float* to, int position) {
      cp_async_4(to, at, position < end ? sizeof(float) : 0);
      at += step;
    }
  };
};

// What was fetched is there for all threads.
static __device__ __forceinline__ void await_tiles() {
  cp_async_commit();
  cp_async_wait<0>();
  __syncthreads();
}

// sums[i][j] += the thread's own vector i · its other vector j, the first `size` elements.
static __device__ __forceinline__ void add_dots(
    float (&sums)[EACH][EACH], const OwnTile& own, const OthersTile& others, int size) {
#pragma unroll 2
  for (int d = 0; d < size; d += 4) {
    float4 a[EACH];
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      a[i] = *reinterpret_cast<const float4*>(&own[first_own() + i][d]);
    }
#pragma unroll
    for (int j = 0; j < EACH; j++) {
      float4 b = *reinterpret_cast<const float4*>(&others[j * SIDE + side()][d]);
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        sums[i][j] += a[i].x * b.x + a[i].y * b.y + a[i].z * b.z + a[i].w * b.w;
      }
    }
  }
}

// Stores a weight for each of the thread's pairs of positions.
static __device__ __forceinline__ void store(Weights& to, const float (&weights)[EACH][EACH]) {
#pragma unroll
  for (int j = 0; j < EACH; j++) {
    *reinterpret_cast<float4*>(&to[j * SIDE + side()][first_own()]) =
        make_float4(weights[0][j], weights[1][j], weights[2][j], weights[3][j]);
  }
}

// Results of a thread: QUADS times four elements for each of its own positions.
struct Sums {
  float4 quads[EACH][QUADS];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
      for (int q = 0; q < QUADS; q++) {
        quads[i][q] = make_float4(0, 0, 0, 0);
      }
    }
  }

  // Those of own position i.
  __device__ __forceinline__ void scale(int i, float factor) {
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      float4& sum = quads[i][q];
      sum = make_float4(sum.x * factor, sum.y * factor, sum.z * factor, sum.w * factor);
    }
  }

  // Adds all other vectors by their weights.
  __device__ __forceinline__ void add(const Weights& weights, const OthersTile& others) {
#pragma unroll 4
    for (int other = 0; other < OTHERS; other++) {
      float4 four = *reinterpret_cast<const float4*>(&weights[other][first_own()]);
      const float w[EACH] = {four.x, four.y, four.z, four.w};
#pragma unroll
      for (int q = 0; q < QUADS; q++) {
        float4 v = *reinterpret_cast<const float4*>(&others[other][(q * SIDE + side()) * 4]);
#pragma unroll
        for (int i = 0; i < EACH; i++) {
          quads[i][q].x += w[i] * v.x;
          quads[i][q].y += w[i] * v.y;
          quads[i][q].z += w[i] * v.z;
          quads[i][q].w += w[i] * v.w;
        }
      }
    }
  }

  // As part `part` of out [n, parts, heads, headSize], the block's chunk.
  __device__ __forceinline__ void store(
      float* out, int parts, int part, const Place& place, int heads, int length,
      int headSize) const {
    int chunk = blockIdx.z;
    int size = elements(chunk, headSize);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      int position = place.first + first_own() + i;
      if (position < length) {
        size_t line = static_cast<size_t>(place.row + position) * parts + part;
        float* to = out + (line * heads + place.head) * headSize + chunk * CHUNK;
#pragma unroll
        for (int q = 0; q < QUADS; q++) {
          int d = (q * SIDE + side()) * 4;
          const float4& sum = quads[i][q];
          const float values[4] = {sum.x, sum.y, sum.z, sum.w};
#pragma unroll
          for (int c = 0; c < 4; c++) {
            if (d + c < size) {
              to[d + c] = values[c];
            }
          }
        }
      }
    }
  }
};

// The random words for a query and four keys from `key` on; only where something is dropped.
static __device__ __forceinline__ Words words_of_keys(
    const Dropout& dropout, const Place& place, int query, int key, int heads, int length) {
  unsigned long long line = static_cast<unsigned long long>(place.row + query) * heads + place.head;
  unsigned long long element = line * length + key;
  Words w = dropout.words(element / 4);
  int skipped = static_cast<int>(element % 4);
  if (skipped == 0) {
    return w;
  }
  Words next = dropout.words(element / 4 + 1);
  switch (skipped) {
    case 1:
      return {{w.word[1], w.word[2], w.word[3], next.word[0]}};
    case 2:
      return {{w.word[2], w.word[3], next.word[0], next.word[1]}};
    default:
      return {{w.word[3], next.word[0], next.word[1], next.word[2]}};
  }
}

}  // namespace training_attention
