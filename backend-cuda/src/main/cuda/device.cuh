// What the kernels need from the platform. Compiled by nvcc for a GPU, and by g++ for a CPU through
// emulator.h; no other file tells the two apart.
#pragma once

// The tensor cores of sm_75 don't know bfloat16.
#if defined(GPT2J_EMULATOR) || !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define HAS_BF16_TENSOR_CORES
#endif

#ifdef GPT2J_EMULATOR

#include "emulator.h"

#else

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math_constants.h>

#define DYNAMIC_SHARED(type, name)                               \
  extern __shared__ __align__(16) unsigned char dynamicShared[]; \
  type* name = reinterpret_cast<type*>(dynamicShared)

#define REGISTER_KERNEL(name) static_assert(true, "")

// D[16, 8] += A[16, 16] * B[16, 8], one warp, float32 sums. The fragments are those of
// mma.m16n8k16 in the PTX manual; sm_75 has only half of it in one instruction.
static __device__ __forceinline__ void mma_m16n8k16_f16(
    float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
#pragma unroll
  for (int half = 0; half < 2; half++) {
    asm(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
        "{%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
  }
#endif
}

#ifdef HAS_BF16_TENSOR_CORES
static __device__ __forceinline__ void mma_m16n8k16_bf16(
    float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

// Four 8x8 matrices of 16-bit elements; lane l gives the address of row l mod 8 of matrix l / 8.
static __device__ __forceinline__ void ldmatrix_x4(unsigned (&r)[4], const void* sharedRow) {
  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(sharedRow));
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(address)
      : "memory");
}

// The same, each matrix transposed.
static __device__ __forceinline__ void ldmatrix_x4_trans(unsigned (&r)[4], const void* sharedRow) {
  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(sharedRow));
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(address)
      : "memory");
}

// Copies 16 bytes to shared memory without registers, or fills them with zeros if bytes is 0.
static __device__ __forceinline__ void cp_async_16(void* shared, const void* global, int bytes) {
#if __CUDA_ARCH__ >= 800
  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global),
               "r"(bytes)
               : "memory");
#else
  uint4 zero = make_uint4(0, 0, 0, 0);
  *static_cast<uint4*>(shared) = bytes == 0 ? zero : *static_cast<const uint4*>(global);
#endif
}

// The same of 4 bytes, for what isn't aligned to more.
static __device__ __forceinline__ void cp_async_4(void* shared, const void* global, int bytes) {
#if __CUDA_ARCH__ >= 800
  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(address), "l"(global),
               "r"(bytes)
               : "memory");
#else
  *static_cast<unsigned*>(shared) = bytes == 0 ? 0u : *static_cast<const unsigned*>(global);
#endif
}

static __device__ __forceinline__ void cp_async_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until all but the N groups committed last have arrived; a barrier must follow before other
// threads read them.
template <int N>
static __device__ __forceinline__ void cp_async_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#endif
}

#endif  // GPT2J_EMULATOR

// In a chain of kernels that are launched with programmatic dependencies (sm_90), the next one may
// start before the one before it has ended, to ask for weights, which no kernel writes. All else it
// may read or write only after this wait, at whose end everything before is done and visible. And
// it must not read that through pointers that are const __restrict__, nor by __ldg: their cache is
// for what doesn't change while a kernel runs. In an ordinary launch both functions do nothing.
static __device__ __forceinline__ void wait_for_kernel_before() {
#if !defined(GPT2J_EMULATOR) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// The kernel behind may start as soon as every block has come here or ended.
static __device__ __forceinline__ void let_next_kernel_start() {
#if !defined(GPT2J_EMULATOR) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
