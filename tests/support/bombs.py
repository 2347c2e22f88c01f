"""Answers that grow a thousandfold when they are unpacked; each is made once, and kept."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable
from functools import cache

import brotli
from backports import zstd

MIB = 1024 * 1024


def _deflated(size: int) -> bytes:
    """``size`` bytes of zeros, packed once a megabyte long and then repeated: after a full flush nothing refers back."""
    packer = zlib.compressobj(9, wbits=-15)
    return (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)) * (size // MIB) + packer.flush()


def _sum(of: Callable[..., int], size: int) -> int:
    block, found = bytes(MIB), of(b"")
    for _ in range(size // MIB):
        found = of(block, found)
    return found


@cache
def gzip_zeros(size: int) -> bytes:
    """``size`` bytes of zeros as gzip, a thousandth of that."""
    return b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff" + _deflated(size) + struct.pack("<LL", _sum(zlib.crc32, size), size % 2**32)


@cache
def deflate_zeros() -> bytes:
    """256 MB of zeros as zlib's format, which HTTP calls deflate."""
    return b"\x78\xda" + _deflated(256 * MIB) + struct.pack(">L", _sum(zlib.adler32, 256 * MIB))


@cache
def brotli_zeros(size: int) -> bytes:
    """``size`` bytes of zeros as brotli: less than a kilobyte for a gigabyte."""
    packer, block = brotli.Compressor(quality=5, lgwin=24), bytes(MIB)
    return b"".join([*(packer.process(block) for _ in range(size // MIB)), packer.finish()])


@cache
def zstd_zeros(size: int, window_log: int = 23) -> bytes:
    """``size`` bytes of zeros as zstd; whoever unpacks it needs 2**window_log bytes."""
    options = {zstd.CompressionParameter.window_log: window_log, zstd.CompressionParameter.compression_level: 3}
    packer, block = zstd.ZstdCompressor(options=options), bytes(MIB)
    return b"".join([*(packer.compress(block) for _ in range(size // MIB)), packer.flush()])


@cache
def noise(size: int) -> bytes:
    """Bytes that cannot be compressed."""
    return os.urandom(size)


@cache
def packed(data: bytes) -> bytes:
    """The data as gzip."""
    return gzip.compress(data)


@cache
def layers() -> bytes:
    """3 MB of noise in three hundred layers of gzip that save nothing."""
    layer = noise(3 * MIB)
    for _ in range(300):
        layer = gzip.compress(layer, 0)
    return layer
