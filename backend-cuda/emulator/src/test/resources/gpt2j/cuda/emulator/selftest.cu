// Kernels that use, or misuse, one thing each of what the emulator offers.
#include "emulator.h"

extern "C" __global__ void __launch_bounds__(1024) who(int* out) {
  int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 10000 + thread;
}
REGISTER_KERNEL(who);

// Each thread takes what its mirror image brought; right only if all wait in between.
extern "C" __global__ void mirror(float* data) {
  DYNAMIC_SHARED(float, shared);
  shared[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}
REGISTER_KERNEL(mirror);

extern "C" __global__ void mirror_unsynchronized(float* data) {
  DYNAMIC_SHARED(float, shared);
  shared[threadIdx.x] = data[threadIdx.x];
  data[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}
REGISTER_KERNEL(mirror_unsynchronized);

// Whole warps, then pairs of lanes by themselves, then those left after half of them have ended.
extern "C" __global__ void shuffles(int* out) {
  int lane = threadIdx.x % 32;
  int sum = lane;
  for (int offset = 16; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(~0u, sum, offset);
  }
  unsigned pair = 3u << (lane & ~1);
  int neighbour = __shfl_xor_sync(pair, lane, 1);
  unsigned even = __ballot_sync(~0u, lane % 2 == 0);
  int up = __shfl_up_sync(~0u, lane, 1);
  int down = __shfl_down_sync(~0u, lane, 1, 8);
  int* mine = out + threadIdx.x * 6;
  mine[0] = sum;
  mine[1] = neighbour;
  mine[2] = static_cast<int>(even);
  mine[3] = up;
  mine[4] = down;
  mine[5] = -1;
  if (lane >= 16) {
    return;
  }
  mine[5] = __shfl_sync(0xffffu, lane, 15 - lane);
  __syncthreads();
}
REGISTER_KERNEL(shuffles);

extern "C" __global__ void shuffle_from_ended(int* out) {
  int lane = threadIdx.x;
  if (lane >= 16) {
    return;
  }
  out[lane] = __shfl_xor_sync(~0u, lane, 16);
}
REGISTER_KERNEL(shuffle_from_ended);

extern "C" __global__ void divergent(int* out) {
  if (threadIdx.x % 2 == 0) {
    __syncwarp();
  } else {
    out[threadIdx.x] = __shfl_sync(~0u, 1, 0);
  }
}
REGISTER_KERNEL(divergent);

extern "C" __global__ void stuck(int* out) {
  if (threadIdx.x == 32) {
    __syncwarp();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}
REGISTER_KERNEL(stuck);

// A barrier of the whole grid: only a cooperative launch gets through.
extern "C" __global__ void grid_barrier(unsigned* arrived, unsigned* seen) {
  atomicAdd(arrived, 1u);
  while (*static_cast<volatile unsigned*>(arrived) < gridDim.x * blockDim.x) {
    __nanosleep(100);
  }
  atomicAdd(seen, 1u);
}
REGISTER_KERNEL(grid_barrier);

extern "C" __global__ void write_at(float* data, long long index) { data[index] = 1.0f; }
REGISTER_KERNEL(write_at);

extern "C" __global__ void read_at(float* out, const float* data, long long index) {
  *out = data[index];
}
REGISTER_KERNEL(read_at);

extern "C" __global__ void write_shared_at(float* out, int index) {
  DYNAMIC_SHARED(float, shared);
  shared[index] = 1.0f;
  *out = shared[0];
}
REGISTER_KERNEL(write_shared_at);

// What shared memory holds before anything was written to it.
extern "C" __global__ void unwritten_shared(float* out) {
  __shared__ float fixed[32];
  DYNAMIC_SHARED(float, dynamic);
  out[2 * blockIdx.x] = fixed[7];
  out[2 * blockIdx.x + 1] = dynamic[7];
}
REGISTER_KERNEL(unwritten_shared);

// With `waited` 0 the copy is not waited for.
extern "C" __global__ void copy_async(float* out, const float* in, int bytes, int waited) {
  __shared__ __align__(16) float shared[4];
  cp_async_16(shared, in, bytes);
  cp_async_commit();
  if (waited) {
    cp_async_wait<0>();
  } else {
    cp_async_wait<1>();
  }
  for (int i = 0; i < 4; i++) {
    out[i] = shared[i];
  }
}
REGISTER_KERNEL(copy_async);

// out[16, 8] = a[16, 16] · b[16, 8], one warp; b is given by columns. Fragments are loaded one
// element at a time, as the PTX manual draws them.
template <class T>
static void multiply(float* out, const T* a, const T* b, bool brain) {
  int group = threadIdx.x / 4;
  int pair = threadIdx.x % 4 * 2;
  auto two = [](const T* at) {
    unsigned word;
    std::memcpy(&word, at, 4);
    return word;
  };
  unsigned fa[4] = {two(a + group * 16 + pair), two(a + (group + 8) * 16 + pair),
                    two(a + group * 16 + pair + 8), two(a + (group + 8) * 16 + pair + 8)};
  unsigned fb[2] = {two(b + group * 16 + pair), two(b + group * 16 + pair + 8)};
  float d[4] = {0, 0, 0, 0};
  if (brain) {
    mma_m16n8k16_bf16(d, fa, fb);
  } else {
    mma_m16n8k16_f16(d, fa, fb);
  }
  out[group * 8 + pair] = d[0];
  out[group * 8 + pair + 1] = d[1];
  out[(group + 8) * 8 + pair] = d[2];
  out[(group + 8) * 8 + pair + 1] = d[3];
}

extern "C" __global__ void multiply_f16(float* out, const __half* a, const __half* b) {
  multiply(out, a, b, false);
}
REGISTER_KERNEL(multiply_f16);

extern "C" __global__ void multiply_bf16(float* out, const __nv_bfloat16* a,
                                         const __nv_bfloat16* b) {
  multiply(out, a, b, true);
}
REGISTER_KERNEL(multiply_bf16);

// The same through ldmatrix: four quarters of a matrix [16, 16], as an A fragment.
extern "C" __global__ void load_matrix(unsigned* out, const __half* a) {
  __shared__ __align__(16) __half shared[16 * 16];
  for (int i = threadIdx.x; i < 256; i += 32) {
    shared[i] = a[i];
  }
  __syncwarp();
  int quarter = threadIdx.x / 8;
  int row = threadIdx.x % 8 + quarter % 2 * 8;
  unsigned registers[4];
  ldmatrix_x4(registers, shared + row * 16 + quarter / 2 * 8);
  for (int i = 0; i < 4; i++) {
    out[threadIdx.x * 4 + i] = registers[i];
  }
}
REGISTER_KERNEL(load_matrix);

// Every 16-bit number to float32 and back.
extern "C" __global__ void convert(float* halves, float* brains, unsigned short* half_back,
                                   unsigned short* brain_back) {
  unsigned short bits = static_cast<unsigned short>(blockIdx.x * blockDim.x + threadIdx.x);
  halves[bits] = __half2float(__ushort_as_half(bits));
  brains[bits] = __bfloat162float(__ushort_as_bfloat16(bits));
  half_back[bits] = __half_as_ushort(__float2half_rn(halves[bits]));
  brain_back[bits] = __bfloat16_as_ushort(__float2bfloat16_rn(brains[bits]));
}
REGISTER_KERNEL(convert);

extern "C" __global__ void narrow(unsigned short* half_out, unsigned short* brain_out,
                                  const float* in) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  half_out[i] = __half_as_ushort(__float2half_rn(in[i]));
  brain_out[i] = __bfloat16_as_ushort(__float2bfloat16_rn(in[i]));
}
REGISTER_KERNEL(narrow);

extern "C" __global__ void atomics(unsigned* counters, unsigned long long* wide, float* sum) {
  atomicAdd(&counters[0], 1u);
  atomicOr(&counters[1], 1u << threadIdx.x % 32);
  atomicMax(&counters[2], threadIdx.x);
  atomicMin(&counters[3], threadIdx.x + 5);
  atomicAdd(wide, 1ull << 32);
  atomicAdd(sum, 0.5f);
}
REGISTER_KERNEL(atomics);

// The order that threads and blocks came in.
extern "C" __global__ void arrivals(unsigned* counter, int* order) {
  order[atomicAdd(counter, 1u)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}
REGISTER_KERNEL(arrivals);

extern "C" __global__ void increment(unsigned long long* value) { (*value)++; }
REGISTER_KERNEL(increment);

extern "C" __global__ void trap_at(int thread) {
  if (static_cast<int>(threadIdx.x) == thread) {
    __trap();
  }
}
REGISTER_KERNEL(trap_at);

struct Pair {
  char first;
  double second;
};

extern "C" __global__ void mixed(double* out, char a, double b, short c, Pair pair, float d) {
  *out = a + b + c + pair.first + pair.second + d;
}
REGISTER_KERNEL(mixed);
