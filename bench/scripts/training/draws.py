"""Where the batches of `bin/cli train` begin, so that another program can be given the same ones: the
places of batch k are words of Philox4x32-10 (Salmon et al. 2011) with the seed as key."""

PLACES = 1  # what the random numbers are for
MULTIPLIERS, WEYL = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF


def philox(key: int, counter: tuple) -> tuple:
    c0, c1, c2, c3 = counter
    k0, k1 = key & LOW, key >> 32 & LOW
    for _ in range(10):
        p0, p1 = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ k0, p1 & LOW, p0 >> 32 ^ c3 ^ k1, p0 & LOW
        k0, k1 = k0 + WEYL[0] & LOW, k1 + WEYL[1] & LOW
    return c0, c1, c2, c3


def starts(seed: int, number: int, rows: int, places: int) -> list:
    """Where the rows of a batch, counted from 0, begin, from 0 and below `places`."""
    found = []
    for row in range(rows):
        word = philox(seed, (row, number & LOW, number >> 32, PLACES << 24))
        found.append((word[0] << 32 | word[1]) * places >> 64)
    return found
