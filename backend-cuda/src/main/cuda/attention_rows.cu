// Attention of many rows, tile by tile with an online softmax (Dao et al. 2022), in float32 where
// tensor cores can't: for caches of float32, and for large heads.
//
// Rows may lie at any positions of any slots, in any order. What a row sees follows from its slot
// and position alone; that a tile's rows usually are neighbours of one slot only makes it fast.
#include "attention_rows.cuh"
#include "reduce.cuh"
#include "softmax.cuh"

namespace attention_rows {

constexpr int THREADS = 256;
constexpr int SIDE = 16;  // threads form a square: over rows, and over keys or columns

// H: largest head size.
template <int H>
struct Tile {
  static constexpr int ROWS = 4096 / H;
  static constexpr int KEYS = H <= 128 ? 32 : 16;
  static constexpr int PITCH = H + 4;  // so that neighbouring keys lie in different banks
  static constexpr int ROWS_PER_THREAD = ROWS / SIDE;
  static constexpr int KEYS_PER_THREAD = KEYS / SIDE;
  static constexpr int QUADS_PER_THREAD = H / SIDE / 4;  // four columns each
};

// A tile of keys or values on its way from memory to shared memory.
template <typename T, int H>
struct Fetch {
  static constexpr int PER_VECTOR = Element<T>::PER_VECTOR;
  static constexpr int VECTORS = H / PER_VECTOR;
  static constexpr int COUNT = Tile<H>::KEYS * VECTORS / THREADS;
  uint4 vectors[COUNT];

  __device__ __forceinline__ void load(const T* __restrict__ from, int first, int end, int stored) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      int index = threadIdx.x + i * THREADS;
      int position = first + index / VECTORS;
      int d = index % VECTORS * PER_VECTOR;
      bool exists = position < end && d < stored;
      vectors[i] = exists ? load_vector(from + static_cast<size_t>(position) * stored + d)
                          : make_uint4(0, 0, 0, 0);
    }
  }

  __device__ __forceinline__ void store(float (*to)[Tile<H>::PITCH]) const {
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      int index = threadIdx.x + i * THREADS;
      float elements[PER_VECTOR];
      Element<T>::unpack(vectors[i], elements);
      float* at = &to[index / VECTORS][index % VECTORS * PER_VECTOR];
#pragma unroll
      for (int j = 0; j < PER_VECTOR; j += 4) {
        *reinterpret_cast<float4*>(at + j) =
            make_float4(elements[j], elements[j + 1], elements[j + 2], elements[j + 3]);
      }
    }
  }
};

// blockIdx: tile of rows, head.
template <typename T, int H>
__device__ __forceinline__ void attention_rows(const Rows& a) {
  using Shape = Tile<H>;
  constexpr int RT = Shape::ROWS_PER_THREAD;
  constexpr int KT = Shape::KEYS_PER_THREAD;
  constexpr int QT = Shape::QUADS_PER_THREAD;
  __shared__ Members<Shape::ROWS> members;
  __shared__ __align__(16) float queries[Shape::ROWS][Shape::PITCH];
  __shared__ __align__(16) float tile[Shape::KEYS][Shape::PITCH];  // keys, then values
  __shared__ float weights[Shape::ROWS][Shape::KEYS + 1];

  int head = blockIdx.y;
  int headSize = a.shape.headSize;
  int stored = padded(headSize);
  // The last tile of a prompt sees most: it starts first.
  int first = (gridDim.x - 1 - blockIdx.x) * Shape::ROWS;
  members.find(a, first);
  for (int i = threadIdx.x; i < Shape::ROWS * H; i += THREADS) {
    int row = i / H;
    int d = i % H;
    bool exists = members.position[row] >= 0 && d < headSize;
    size_t at = (3 * static_cast<size_t>(first + row) * a.shape.heads + head) * headSize + d;
    queries[row][d] = exists ? a.qkv[at] : 0.0f;
  }

  int row = threadIdx.x / SIDE * RT;  // the first of the thread's rows
  int side = threadIdx.x % SIDE;
  float largest[RT];
  float totals[RT];
  float4 sums[RT][QT];
#pragma unroll
  for (int i = 0; i < RT; i++) {
    largest[i] = -INFINITY;
    totals[i] = 0;
#pragma unroll
    for (int j = 0; j < QT; j++) {
      sums[i][j] = make_float4(0, 0, 0, 0);
    }
  }

  for (int leader = members.next[0]; leader < Shape::ROWS; leader = members.next[leader + 1]) {
    int slot = members.slot[leader];
    int end = members.end[leader];
    size_t from = a.shape.index(slot, head, 0);
    const T* keys = static_cast<const T*>(a.keys) + from;
    const T* values = static_cast<const T*>(a.values) + from;
    int sees[RT];  // number of positions
#pragma unroll
    for (int i = 0; i < RT; i++) {
      sees[i] = members.slot[row + i] == slot ? members.position[row + i] + 1 : 0;
    }
    Fetch<T, H> fetch;
    fetch.load(keys, 0, end, stored);
    for (int start = 0; start < end; start += Shape::KEYS) {
      bool masked = start + Shape::KEYS > members.seenByAll[leader];
      __syncthreads();
      fetch.store(tile);
      __syncthreads();
      fetch.load(values, start, end, stored);

      float scores[RT][KT] = {};
#pragma unroll 8
      for (int d = 0; d < H; d += 4) {
        float4 q[RT];
#pragma unroll
        for (int i = 0; i < RT; i++) {
          q[i] = *reinterpret_cast<const float4*>(&queries[row + i][d]);
        }
#pragma unroll
        for (int j = 0; j < KT; j++) {
          float4 k = *reinterpret_cast<const float4*>(&tile[side + j * SIDE][d]);
#pragma unroll
          for (int i = 0; i < RT; i++) {
            scores[i][j] += q[i].x * k.x + q[i].y * k.y + q[i].z * k.z + q[i].w * k.w;
          }
        }
      }
#pragma unroll
      for (int i = 0; i < RT; i++) {
        float most = largest[i];
#pragma unroll
        for (int j = 0; j < KT; j++) {
          scores[i][j] *= a.scale;
          bool seen = start + side + j * SIDE < sees[i];
          most = seen ? fmaxf(most, scores[i][j]) : most;
        }
        most = warp_max<SIDE>(most);
        float old = rescale(largest[i], most);
        largest[i] = most;
        totals[i] *= old;
#pragma unroll
        for (int j = 0; j < QT; j++) {
          sums[i][j].x *= old;
          sums[i][j].y *= old;
          sums[i][j].z *= old;
          sums[i][j].w *= old;
        }
#pragma unroll
        for (int j = 0; j < KT; j++) {
          bool seen = start + side + j * SIDE < sees[i];
          float weight = seen ? __expf(scores[i][j] - most) : 0.0f;
          totals[i] += weight;
          weights[row + i][side + j * SIDE] = weight;
        }
      }
      __syncthreads();
      fetch.store(tile);
      __syncthreads();
      fetch.load(keys, start + Shape::KEYS, end, stored);

#pragma unroll 4
      for (int key = 0; key < Shape::KEYS; key++) {
        float w[RT];
#pragma unroll
        for (int i = 0; i < RT; i++) {
          w[i] = weights[row + i][key];
        }
#pragma unroll
        for (int j = 0; j < QT; j++) {
          float4 v = *reinterpret_cast<const float4*>(&tile[key][(side + j * SIDE) * 4]);
#pragma unroll
          for (int i = 0; i < RT; i++) {
            // What a row must not see may be anything, even NaN, which times 0 is NaN.
            if (!masked || w[i] != 0.0f) {
              sums[i][j].x += w[i] * v.x;
              sums[i][j].y += w[i] * v.y;
              sums[i][j].z += w[i] * v.z;
              sums[i][j].w += w[i] * v.w;
            }
          }
        }
      }
    }
  }

#pragma unroll
  for (int i = 0; i < RT; i++) {
    // A row that doesn't exist has no total: NaN.
    float total = warp_sum<SIDE>(totals[i]);
    if (first + row + i < a.rows) {
      float* out = a.out + (static_cast<size_t>(first + row + i) * a.shape.heads + head) * headSize;
#pragma unroll
      for (int j = 0; j < QT; j++) {
        int d = (side + j * SIDE) * 4;
        const float4& sum = sums[i][j];
        const float results[4] = {sum.x, sum.y, sum.z, sum.w};
#pragma unroll
        for (int c = 0; c < 4; c++) {
          if (d + c < headSize) {
            out[d + c] = results[c] / total;
          }
        }
      }
    }
  }
}

// out [rows, heads, headSize], qkv [rows, 3, heads, headSize], headSize <= H.
#define ATTENTION_ROWS(T, suffix, H)                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS, 2) attention_rows_##suffix##_h##H(        \
      float* out, const float* qkv, const void* keys, const void* values, const int* slots,       \
      const int* positions, float scale, int sequences, int heads, int headSize, int capacity,    \
      int rows) {                                                                                 \
    attention_rows<T, H>(                                                                         \
        {out, qkv, keys, values, slots, positions, scale,                                         \
         {sequences, heads, headSize, capacity}, rows});                                          \
  }                                                                                               \
  REGISTER_KERNEL(attention_rows_##suffix##_h##H)

ATTENTION_ROWS(float, f32, 64);
ATTENTION_ROWS(float, f32, 128);
ATTENTION_ROWS(float, f32, 256);
ATTENTION_ROWS(__half, f16, 256);
ATTENTION_ROWS(__nv_bfloat16, bf16, 256);
// The other sizes of 16-bit caches are in attention_tensor_core.cu.
#ifndef HAS_BF16_TENSOR_CORES
ATTENTION_ROWS(__nv_bfloat16, bf16, 64);
ATTENTION_ROWS(__nv_bfloat16, bf16, 128);
#endif

}  // namespace attention_rows
