"""Makes the frozen states. Needs the packages xxhash and datasketches; prints what the tests compare with."""

import math
import struct
from pathlib import Path

import datasketches
import xxhash

HERE = Path(__file__).parent


def hashed(payload):
    return xxhash.xxh64_intdigest(payload, seed=0)


def of_integer(value):
    return hashed(struct.pack("<q", value))


def distinct_hashes(values):
    return bytes([1]) + b"".join(struct.pack("<Q", value) for value in sorted({of_integer(value) for value in values}))


def distinct_registers(values):
    sketch = datasketches.hll_sketch(14, datasketches.tgt_hll_type.HLL_8)
    for value in values:
        (signed,) = struct.unpack("<q", struct.pack("<Q", of_integer(value)))
        sketch.update(signed)
    union = datasketches.hll_union(14)
    union.update(sketch)
    merged = union.get_result(datasketches.tgt_hll_type.HLL_8)
    registers = merged.serialize_compact()[40:]
    assert len(registers) == 1 << 14
    low = math.fsum(2.0**-register for register in registers if register < 32)
    high = math.fsum(2.0**-register for register in registers if register >= 32)
    header = struct.pack("<8BdddII", 10, 1, 7, 14, 0, 16, 0, 10, 0.0, low, high, registers.count(0), 0)
    # A union of one sketch still estimates by history; what is read from an image that is out of order cannot.
    print("registers: composite estimate", datasketches.hll_sketch.deserialize(header + registers).get_estimate())
    return bytes([2]) + header + registers


def key_of(value):
    (bits,) = struct.unpack("<Q", struct.pack("<d", value + 0.0))
    return bits | 1 << 63 if bits < 1 << 63 else ~bits & (1 << 64) - 1


def leb128(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def histogram(values):
    keys = [key_of(value) for value in values]
    dropped = next((bits for bits in range(45) if len({key >> bits for key in keys}) <= 4096), 45)
    counts = {}
    for key in keys:
        counts[key >> dropped] = counts.get(key >> dropped, 0) + 1
    out = bytes([3, dropped]) + struct.pack("<QQ", min(keys), max(keys))
    before = min(keys) >> dropped
    for bucket in sorted(counts):
        out += leb128(bucket - before) + leb128(counts[bucket])
        before = bucket
    print("histogram:", dropped, "bits dropped,", len(counts), "buckets")
    return out


def write(name, state):
    if name.endswith(".bin"):
        (HERE / name).write_bytes(state)
    else:
        text = state.hex()
        (HERE / name).write_text("\n".join(text[at : at + 120] for at in range(0, len(text), 120)) + "\n")


for text in ["", "a", "abc"]:
    print("hash of", repr(text), hex(hashed(text.encode())))
for number in [0, 1, -1]:
    print("hash of", number, hex(of_integer(number)))
print("hash of 0.5", hex(hashed(struct.pack("<d", 0.5))))
write("distinct-hashes.hex", distinct_hashes(range(3)))
write("distinct-registers.bin", distinct_registers(range(10_000)))
write("quantile-exact.hex", histogram([-1.5, 0.0, 0.0, 2.0, 1000.25]))
write("quantile-coarse.hex", histogram([float(n) for n in range(1, 6001)] + [-n / 7 for n in range(1, 6001)]))
