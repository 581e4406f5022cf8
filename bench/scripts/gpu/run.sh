#!/usr/bin/env bash
# Tests and measures the CUDA backend on this machine; run --help says how.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
command -v python3 >/dev/null || { echo 'run: needs python3 (3.9 or later)' >&2; exit 1; }
exec python3 "$here/run.py" "$@"
