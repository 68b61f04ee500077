"""The published algorithms of the random number generator a second time: generator.json."""

MASK = (1 << 64) - 1


def splitmix(state):
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def xoshiro256pp(seed, stream, count):
    def rotate(x, k):
        return ((x << k) | (x >> (64 - k))) & MASK

    _, z = splitmix(seed)
    state = z ^ (stream * 0xD1342543DE82EF95) & MASK
    s = []
    for _ in range(4):
        state, z = splitmix(state)
        s.append(z)
    out = []
    for _ in range(count):
        out.append((rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK)
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
    return out


def cases():
    # Numbers as strings: JSON readers may take those of 64 bits for floating point.
    return {"sequences": [
        {"seed": seed, "stream": stream, "numbers": [
            str(number) for number in xoshiro256pp(seed, stream, 3)]}
        for seed, stream in [(0, 0), (42, 7)]]}
