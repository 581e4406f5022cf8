// A tiled product of plain float32 matrices, row-major and only 4-byte aligned, in exact float32.
#pragma once

#include "reduce.cuh"

namespace training_products {

// How the operands lie: a [rows, depth] and b [depth, columns]; or either of them transposed.
enum class Form { PLAIN, SECOND_TRANSPOSED, FIRST_TRANSPOSED };

constexpr int DEPTH = 8;       // of a slice, which is in shared memory at a time
constexpr int STAGES = 3;      // slices in shared memory, all but one on their way
constexpr int PER_THREAD = 8;  // rows and columns of a thread
constexpr int QUAD = 4;        // of which four are neighbours, the others half a tile further

// A block makes TILE x TILE results, a thread 8 x 8 of them, so that every 16 bytes read from
// shared memory serve 16 products.
template <int TILE>
struct Shape {
  static constexpr int SIDE = TILE / PER_THREAD;  // threads form a square, a warp 4 x 8 of it
  static constexpr int THREADS = SIDE * SIDE;
  static constexpr int WARPS_BESIDE = SIDE / 8;
  static constexpr int PITCH = TILE + 4;
  static constexpr int COPIES = TILE * DEPTH / THREADS;  // elements that a thread brings

  struct Stage {
    float a[DEPTH][PITCH];
    float b[DEPTH][PITCH];
  };
};

// An operand on its way to shared memory, where it lies as [depth][line], a line being a row of the
// first or a column of the second operand. ALONG: in memory, a line's elements are neighbours; else
// neighbouring lines are.
template <int TILE, bool ALONG>
struct Operand {
  static constexpr int THREADS = Shape<TILE>::THREADS;
  static constexpr int LINES_APART = ALONG ? THREADS / DEPTH : 0;
  static constexpr int DEPTH_APART = ALONG ? 0 : THREADS / TILE;

  const float* next;  // the thread's first element of the slice to come
  int leading;        // elements from one row of the matrix in memory to the next
  int line;           // the thread's first
  int depth;
  int lines;  // from there to the end

  __device__ __forceinline__ Operand(
      const float* from, int leading, int firstLine, int allLines, int first)
      : leading(leading),
        line(ALONG ? threadIdx.x / DEPTH : threadIdx.x % TILE),
        depth(ALONG ? threadIdx.x % DEPTH : threadIdx.x / TILE) {
    size_t l = firstLine + line;
    size_t k = first + depth;
    next = from + (ALONG ? l * leading + k : k * leading + l);
    lines = allLines - firstLine - line;
  }

  // What doesn't exist is 0. left: elements of a line from the start of the slice to the end.
  __device__ __forceinline__ void fetch(float (&to)[DEPTH][Shape<TILE>::PITCH], int left) {
    const float* at = next;
#pragma unroll
    for (int i = 0; i < Shape<TILE>::COPIES; i++) {
      bool exists = i * LINES_APART < lines && depth + i * DEPTH_APART < left;
      float* place = &to[depth + i * DEPTH_APART][line + i * LINES_APART];
      cp_async_4(place, at, exists ? sizeof(float) : 0);
      at += static_cast<size_t>(LINES_APART + DEPTH_APART) * leading;
    }
    next += static_cast<size_t>(DEPTH) * (ALONG ? 1 : leading);
  }
};

template <int TILE>
__device__ __forceinline__ void spread(float (&to)[PER_THREAD], const float* from) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    float4 v = *reinterpret_cast<const float4*>(from + half * (TILE / 2));
    to[half * QUAD] = v.x;
    to[half * QUAD + 1] = v.y;
    to[half * QUAD + 2] = v.z;
    to[half * QUAD + 3] = v.w;
  }
}

struct Product {
  float* out;
  const float* a;
  const float* b;
  const float* bias;
  int rows;
  int columns;
  int depth;
  int part;  // of the depth: what a block works off
};

// Which results are a block's. Blocks that run at the same time shall share rows and columns in the
// second-level cache: they go down a few tiles of rows, then one tile to the right.
struct Place {
  static constexpr int DOWN = 8;
  int firstRow;
  int firstColumn;

  template <int TILE>
  static __device__ __forceinline__ Place of(const Product& p) {
    int below = (p.rows + TILE - 1) / TILE;
    int beside = (p.columns + TILE - 1) / TILE;
    int band = blockIdx.x / (DOWN * beside);
    int inBand = blockIdx.x % (DOWN * beside);
    int height = min(DOWN, below - band * DOWN);
    return {(band * DOWN + inBand % height) * TILE, inBand / height * TILE};
  }
};

// Results go out through shared memory, some rows at a time, so that neighbouring threads store
// neighbouring elements.
template <int TILE, bool ADD>
__device__ __forceinline__ void store_results(
    const Product& p, const Place& place, const float (&sums)[PER_THREAD][PER_THREAD], int down,
    int right, float (*shared)[Shape<TILE>::PITCH]) {
  constexpr int SIDE = Shape<TILE>::SIDE;
  constexpr int LINES = Shape<TILE>::THREADS / TILE;
  bool whole = gridDim.y == 1;  // the sum, not one of its parts
  int column = threadIdx.x % TILE;
  bool exists = place.firstColumn + column < p.columns;
  float shift = whole && exists && p.bias != nullptr ? p.bias[place.firstColumn + column] : 0.0f;
  size_t row0 = blockIdx.y * static_cast<size_t>(p.rows);
  float* out = p.out + row0 * p.columns + place.firstColumn + column;
#pragma unroll
  for (int i = 0; i < PER_THREAD; i++) {
    __syncthreads();
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float* four = &sums[i][half * QUAD];
      *reinterpret_cast<float4*>(&shared[down][right * QUAD + half * (TILE / 2)]) =
          make_float4(four[0], four[1], four[2], four[3]);
    }
    __syncthreads();
    int first = place.firstRow + i / QUAD * (TILE / 2) + i % QUAD;
#pragma unroll 1
    for (int line = threadIdx.x / TILE; line < SIDE; line += LINES) {
      int row = first + line * QUAD;
      if (exists && row < p.rows) {
        float* to = out + static_cast<size_t>(row) * p.columns;
        float value = shared[line][column] + shift;
        *to = ADD && whole ? *to + value : value;
      }
    }
  }
}

// blockIdx: tile of results, part of the depth.
template <int TILE, Form FORM>
__device__ __forceinline__ void multiply(const Product& p) {
  constexpr bool FIRST_ALONG = FORM != Form::FIRST_TRANSPOSED;
  constexpr bool SECOND_ALONG = FORM == Form::SECOND_TRANSPOSED;
  __shared__ __align__(16) typename Shape<TILE>::Stage stages[STAGES];
  static_assert(Shape<TILE>::SIDE <= STAGES * DEPTH * 2, "room for some rows of results");

  Place place = Place::of<TILE>(p);
  int right = lane_id() % 8 + warp_id() % Shape<TILE>::WARPS_BESIDE * 8;
  int down = lane_id() / 8 + warp_id() / Shape<TILE>::WARPS_BESIDE * 4;
  int first = blockIdx.y * p.part;
  int left = min(p.depth - first, p.part);  // to be fetched
  int slices = (left + DEPTH - 1) / DEPTH;
  Operand<TILE, FIRST_ALONG> a(
      p.a, FIRST_ALONG ? p.depth : p.rows, place.firstRow, p.rows, first);
  Operand<TILE, SECOND_ALONG> b(
      p.b, SECOND_ALONG ? p.depth : p.columns, place.firstColumn, p.columns, first);

  float sums[PER_THREAD][PER_THREAD] = {};
#pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    a.fetch(stages[s].a, left);
    b.fetch(stages[s].b, left);
    cp_async_commit();
    left -= DEPTH;
  }
#pragma unroll 1
  for (int slice = 0; slice < slices; slice++) {
    // The slice has arrived for everyone, and everyone is done with the one before it, which the
    // next one overwrites.
    cp_async_wait<STAGES - 2>();
    __syncthreads();
    typename Shape<TILE>::Stage& next = stages[(slice + STAGES - 1) % STAGES];
    a.fetch(next.a, left);
    b.fetch(next.b, left);
    cp_async_commit();
    left -= DEPTH;
    typename Shape<TILE>::Stage& stage = stages[slice % STAGES];
#pragma unroll 4  // all 8 would take more registers than there are
    for (int k = 0; k < DEPTH; k++) {
      float x[PER_THREAD];
      float y[PER_THREAD];
      spread<TILE>(x, &stage.a[k][down * QUAD]);
      spread<TILE>(y, &stage.b[k][right * QUAD]);
#pragma unroll
      for (int i = 0; i < PER_THREAD; i++) {
#pragma unroll
        for (int j = 0; j < PER_THREAD; j++) {
          sums[i][j] += x[i] * y[j];
        }
      }
    }
  }
  cp_async_wait<0>();
  store_results<TILE, FORM == Form::FIRST_TRANSPOSED>(p, place, sums, down, right, stages[0].a);
}

}  // namespace training_products
