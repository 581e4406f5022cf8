// Weights on their way in: converted from a checkpoint's type to the backend's, transposed, padded.
#include "elements.cuh"

namespace upload {

constexpr int THREADS = 256;
constexpr int TILE = 32;

// w [outputs, ld]: inputs firstInput … of each row, from staging [inputRows, outputs]. Through a
// tile in shared memory, so that both sides are accessed in whole lines. The launch with the last
// input fills the rest of each row with zeros.
extern "C" __global__ void __launch_bounds__(THREADS) upload_linear(
    void* __restrict__ w, int type, int ld, int inputs, int outputs,
    const void* __restrict__ staging, int stagingType, int firstInput, int inputRows) {
  __shared__ float tile[TILE][TILE + 1];
  int x = threadIdx.x % TILE;
  int firstOutput = blockIdx.x * TILE;
  int firstRow = blockIdx.y * TILE;
  for (int y = threadIdx.x / TILE; y < TILE; y += THREADS / TILE) {
    int row = firstRow + y;
    int output = firstOutput + x;
    bool exists = row < inputRows && output < outputs;
    size_t at = static_cast<size_t>(row) * outputs + output;
    tile[y][x] = exists ? load_element(staging, stagingType, at) : 0.0f;
  }
  __syncthreads();
  bool last = firstInput + inputRows == inputs;
  int end = last ? ld : firstInput + inputRows;
  for (int y = threadIdx.x / TILE; y < TILE; y += THREADS / TILE) {
    int output = firstOutput + y;
    int input = firstInput + firstRow + x;
    if (output < outputs && input < end) {
      store_element(w, type, static_cast<size_t>(output) * ld + input, tile[x][y]);
    }
  }
}
REGISTER_KERNEL(upload_linear);

// table [.., ld]: rows firstRow … from staging [rows, width], the rest of each with zeros.
extern "C" __global__ void __launch_bounds__(THREADS) upload_table(
    void* __restrict__ table, int type, int ld, int width, const void* __restrict__ staging,
    int stagingType, int firstRow) {
  size_t to = (static_cast<size_t>(firstRow) + blockIdx.x) * ld;
  size_t from = static_cast<size_t>(blockIdx.x) * width;
  for (int i = threadIdx.x; i < ld; i += THREADS) {
    float value = i < width ? load_element(staging, stagingType, from + i) : 0.0f;
    store_element(table, type, to + i, value);
  }
}
REGISTER_KERNEL(upload_table);

}  // namespace upload
