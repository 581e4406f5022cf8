"""Writes the safetensors files of the tests with the format's own library.

    python make_safetensors.py ../resources/gpt2j/model/gpt2/safetensors

Element i of every tensor is (i - 3) / 4, or i - 3 where the type has integers only, or i's lowest
bit for booleans; in the types that have no sign it is i.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file


def values(dtype: torch.dtype, *shape: int) -> torch.Tensor:
    index = torch.arange(torch.Size(shape).numel(), dtype=torch.int64)
    if dtype == torch.bool:
        elements = index % 2 == 1
    elif dtype in (torch.uint8, torch.uint16, torch.uint32, torch.uint64):
        elements = index.to(dtype)
    elif dtype.is_floating_point or dtype.is_complex:
        elements = ((index - 3).to(torch.float64) / 4).to(dtype)
    else:
        elements = (index - 3).to(dtype)
    return elements.reshape(shape)


# The types that this project reads, in an order that is not the file's.
READABLE = {
    "b.bfloat16": values(torch.bfloat16, 3, 5),
    "a.float16": values(torch.float16, 7),
    "z.float32": values(torch.float32, 2, 3, 4),
    "a.float32": values(torch.float32, 1),
    "ä.float32": values(torch.float32, 5),
    "c.int32": values(torch.int32, 4, 2),
}

# Types and shapes that a file may hold beside those.
OTHER = {
    "bool": values(torch.bool, 1, 1, 4, 4),
    "uint8": values(torch.uint8, 3),
    "int8": values(torch.int8, 3),
    "float8_e5m2": values(torch.float8_e5m2, 3),
    "float8_e4m3": values(torch.float8_e4m3fn, 3),
    "int16": values(torch.int16, 3),
    "uint16": values(torch.uint16, 3),
    "uint32": values(torch.uint32, 3),
    "complex64": values(torch.complex64, 3),
    "float64": values(torch.float64, 3),
    "int64": values(torch.int64, 3),
    "uint64": values(torch.uint64, 3),
    "scalar": values(torch.float32),
    "empty": values(torch.float32, 0, 7),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(READABLE, folder / "readable.safetensors", {"format": "pt"})
    save_file(READABLE | OTHER, folder / "all.safetensors", {"format": "pt", "note": "naïve\n"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
