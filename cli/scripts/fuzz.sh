#!/bin/sh
# Damages every kind of file that a command reads, and options, at length: each damaged file is
# refused in one line, or read, with time and memory in bounds.
#
#   cli/scripts/fuzz.sh [MUTANTS [SEED]]
#
# MUTANTS of files and as many command lines (1,000,000 unless given), in rounds of 20,000, each with
# a JVM and seeds of its own from SEED (1) on. A round that fails is named with its seed, the rest
# goes on. Exit status: 0 passed, 1 failed. How far it is, is said on standard error.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
mutants=${1:-1000000}
seed=${2:-1}
end=$((seed + mutants))
failed=0
while [ "$seed" -lt "$end" ]; do
  count=$((end - seed < 20000 ? end - seed : 20000))
  if ! "$root/scripts/test.sh" cli FuzzTest \
    "-Dgpt2j.test.mutants=$count" "-Dgpt2j.test.seed=$seed"; then
    echo "fuzz.sh: $count mutants from seed $seed on: failed" >&2
    failed=1
  fi
  seed=$((seed + count))
  echo "fuzz.sh: $((end - seed)) mutants left" >&2
done
exit "$failed"
