"""Prints weights of a random checkpoint, computed from its definition and in another language.

    python random_values.py SEED STREAM STANDARD_DEVIATION INDEX...

Element i of the checkpoint's tensor number STREAM: word i mod 4 of Philox4x32-10 (Salmon et al. 2011)
with the key SEED and the counter (i div 4 low, i div 4 high, STREAM low, STREAM high), taken as a
uniform number, through the inverse of the normal distribution.
"""

import sys
from statistics import NormalDist
from struct import pack, unpack

MASK = 0xFFFFFFFF


def philox(key: int, counter: list[int]) -> list[int]:
    c = list(counter)
    k = [key & MASK, key >> 32 & MASK]
    for _ in range(10):
        low = 0xD2511F53 * c[0]
        high = 0xCD9E8D57 * c[2]
        c = [high >> 32 ^ c[1] ^ k[0], high & MASK, low >> 32 ^ c[3] ^ k[1], low & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c


def weight(seed: int, stream: int, deviation: float, index: int) -> float:
    block = index // 4
    word = philox(seed, [block & MASK, block >> 32, stream & MASK, stream >> 32])[index % 4]
    value = deviation * NormalDist().inv_cdf((word + 0.5) * 2.0**-32)
    return unpack("<f", pack("<f", value))[0]


if __name__ == "__main__":
    seed, stream, deviation = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    for index in map(int, sys.argv[4:]):
        print(index, repr(weight(seed, stream, deviation, index)))
