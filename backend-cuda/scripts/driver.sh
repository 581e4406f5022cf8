#!/bin/sh
# Builds the emulated CUDA driver from the kernels as their sources are now, and prints the folder
# that it is in: with that as LD_LIBRARY_PATH, `bin/cli --backend cuda` runs on it. Needs g++.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
if ! output=$(mvn -B -ntp -q -f "$root/pom.xml" -pl backend-cuda/emulator compile exec:exec@driver); then
  printf '%s\n' "$output" >&2
  exit 1
fi
printf '%s\n' "$root/backend-cuda/emulator/target/emulator/driver"
