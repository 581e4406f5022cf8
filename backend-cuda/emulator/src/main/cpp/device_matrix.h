// Tensor cores: matrix fragments as PTX lays them out over the lanes of a warp
// (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type" and "ldmatrix").
#pragma once

#include "block.h"
#include "device_half.h"
#include "device_thread.h"

namespace emulator {

struct MatrixOperand {
  const unsigned* a;  // depth / 4 registers of two 16-bit values: A, 16 × depth, by rows
  const unsigned* b;  // depth / 8 registers of two 16-bit values: B, depth × 8, by columns
  float* d;           // C on entry, D on return: 16 × 8
};

template <class T>
float half_of(unsigned word, int high) {
  return static_cast<float>(T(static_cast<uint16_t>(high ? word >> 16 : word), 0));
}

// Lane 4g + q holds, in register r, the elements (row, k) with
//   A: row = g + 8 (r & 1), k = 2q + {0, 1} + 8 (r >> 1)
//   B: k = 2q + {0, 1} + 8r, column = g
//   C: row = g + 8 (i >> 1), column = 2q + (i & 1)
template <class T, int kDepth>
void combine_mma(Block& block, void* const* operands, unsigned lanes) {
  if (lanes != ~0u) {
    block.outcome = Outcome::kMisuse;
    block.message = "mma needs all 32 lanes of the warp";
    return;
  }
  float a[16][kDepth];
  float b[kDepth][8];
  for (unsigned lane = 0; lane < kWarpSize; lane++) {
    const auto* operand = static_cast<const MatrixOperand*>(operands[lane]);
    unsigned g = lane >> 2;
    unsigned q = lane & 3;
    for (unsigned r = 0; r < kDepth / 4; r++) {
      for (int high = 0; high < 2; high++) {
        a[g + 8 * (r & 1)][2 * q + high + 8 * (r >> 1)] = half_of<T>(operand->a[r], high);
      }
    }
    for (unsigned r = 0; r < kDepth / 8; r++) {
      for (int high = 0; high < 2; high++) {
        b[2 * q + high + 8 * r][g] = half_of<T>(operand->b[r], high);
      }
    }
  }
  float d[16][8] = {};
  for (int row = 0; row < 16; row++) {
    for (int k = 0; k < kDepth; k++) {
      for (int column = 0; column < 8; column++) {
        d[row][column] += a[row][k] * b[k][column];
      }
    }
  }
  for (unsigned lane = 0; lane < kWarpSize; lane++) {
    auto* operand = static_cast<MatrixOperand*>(operands[lane]);
    for (unsigned i = 0; i < 4; i++) {
      operand->d[i] += d[(lane >> 2) + 8 * (i >> 1)][2 * (lane & 3) + (i & 1)];
    }
  }
}

struct LoadMatrixOperand {
  const void* row;
  unsigned* registers;
};

// Lanes 8m … 8m + 7 bring the addresses of the rows of matrix m, 8 × 8 16-bit values each; lane
// 4g + q gets elements 2q and 2q + 1 of row g (transposed: of column g).
template <int kMatrices, bool kTransposed>
void combine_load_matrix(Block& block, void* const* operands, unsigned lanes) {
  if (lanes != ~0u) {
    block.outcome = Outcome::kMisuse;
    block.message = "ldmatrix needs all 32 lanes of the warp";
    return;
  }
  for (int m = 0; m < kMatrices; m++) {
    uint16_t values[8][8];
    for (int row = 0; row < 8; row++) {
      const void* from = static_cast<LoadMatrixOperand*>(operands[8 * m + row])->row;
      if (reinterpret_cast<uintptr_t>(from) % 16 != 0) {
        block.outcome = Outcome::kMisuse;
        block.message = "ldmatrix needs rows aligned to 16 bytes";
        return;
      }
      std::memcpy(values[row], from, 16);
    }
    for (unsigned lane = 0; lane < kWarpSize; lane++) {
      unsigned g = lane >> 2;
      unsigned q = lane & 3;
      unsigned low = kTransposed ? values[2 * q][g] : values[g][2 * q];
      unsigned high = kTransposed ? values[2 * q + 1][g] : values[g][2 * q + 1];
      static_cast<LoadMatrixOperand*>(operands[lane])->registers[m] = high << 16 | low;
    }
  }
}

template <bool kTransposed, int kMatrices>
void load_matrix(unsigned (&registers)[kMatrices], const void* row) {
  LoadMatrixOperand operand{row, registers};
  collective(~0u, combine_load_matrix<kMatrices, kTransposed>, &operand);
}

}  // namespace emulator

inline void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  emulator::MatrixOperand operand{a, b, d};
  emulator::collective(~0u, emulator::combine_mma<__half, 16>, &operand);
}
inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  emulator::MatrixOperand operand{a, b, d};
  emulator::collective(~0u, emulator::combine_mma<__nv_bfloat16, 16>, &operand);
}
inline void mma_m16n8k8_f16(float (&d)[4], const unsigned (&a)[2], const unsigned (&b)[1]) {
  emulator::MatrixOperand operand{a, b, d};
  emulator::collective(~0u, emulator::combine_mma<__half, 8>, &operand);
}
inline void mma_m16n8k8_bf16(float (&d)[4], const unsigned (&a)[2], const unsigned (&b)[1]) {
  emulator::MatrixOperand operand{a, b, d};
  emulator::collective(~0u, emulator::combine_mma<__nv_bfloat16, 8>, &operand);
}

inline void ldmatrix_x1(unsigned (&r)[1], const void* row) { emulator::load_matrix<false>(r, row); }
inline void ldmatrix_x2(unsigned (&r)[2], const void* row) { emulator::load_matrix<false>(r, row); }
inline void ldmatrix_x4(unsigned (&r)[4], const void* row) { emulator::load_matrix<false>(r, row); }
inline void ldmatrix_x1_trans(unsigned (&r)[1], const void* row) { emulator::load_matrix<true>(r, row); }
inline void ldmatrix_x2_trans(unsigned (&r)[2], const void* row) { emulator::load_matrix<true>(r, row); }
inline void ldmatrix_x4_trans(unsigned (&r)[4], const void* row) { emulator::load_matrix<true>(r, row); }
