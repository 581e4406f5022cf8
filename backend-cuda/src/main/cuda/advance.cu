// From one step to the next without the host.
#include "device.cuh"

namespace advance {

constexpr int IDLE = -1;  // the slot of a row that takes no part
constexpr int NO_TOKEN = -1;

// The batch becomes the next step's: tokens [rows] = sampled, positions [rows] + 1; idle rows stay.
// With a ring [ringSteps, ringRows] in mapped host memory, the tokens go there too, and done [1]
// tells the host when they have arrived; README.md has the protocol. One block, so that one barrier
// orders it all.
extern "C" __global__ void __launch_bounds__(256) advance(
    int* tokens, int* positions, const int* slots, const int* sampled, int rows, int* ring,
    int ringRows, unsigned ringSteps, unsigned long long* step, unsigned long long* done) {
  let_next_kernel_start();
  wait_for_kernel_before();
  unsigned long long current = ring != nullptr ? *step : 0;
  for (int i = threadIdx.x; i < rows; i += blockDim.x) {
    bool idle = slots[i] == IDLE;
    int token = idle ? NO_TOKEN : sampled[i];
    if (!idle) {
      tokens[i] = token;
      positions[i]++;
    }
    if (ring != nullptr) {
      *static_cast<volatile int*>(ring + current % ringSteps * ringRows + i) = token;
    }
  }
  if (ring != nullptr) {
    // Each thread's tokens reach the host before the counter does.
    __threadfence_system();
    __syncthreads();
    if (threadIdx.x == 0) {
      *step = current + 1;
      *static_cast<volatile unsigned long long*>(done) = current + 1;
    }
  }
}
REGISTER_KERNEL(advance);

}  // namespace advance
