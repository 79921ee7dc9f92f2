"""Malformed files: valid files of every format that is read, with seeded mutations."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, features

IMAGE_FORMATS = ('PNG', 'JPEG', 'TIFF', 'BMP', 'GIF', 'PPM', 'PDF') + tuple(
    name for name in ('WEBP', 'AVIF') if features.check(name.lower())
)
GT_LINES = (
    '10,10,90,10,90,34,10,34,STREET\n10,50,90,50,90,74,10,74,"a, \\"b\\""\n1,2,3,4,5,6,7,8,###\n'
)
LEXICON = 'STREET\nmarket 8\n# comment\nCAFÉ\n'
_SIZES = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 100_000)


@lru_cache
def valid_image(name: str) -> bytes:
    """A small valid file of a format, with several pages where the format has them."""
    pages = []
    for shade in (30, 90):
        page = Image.new('RGB', (64, 40), (235, 235, 225))
        ImageDraw.Draw(page).text((4, 8), 'WORD', (shade, 30, 60))
        pages.append(page)
    buffer = io.BytesIO()
    several = {'save_all': True, 'append_images': pages[1:]}
    options = several if name in ('TIFF', 'GIF', 'PDF', 'WEBP') else {}
    pages[0].save(buffer, name, **options)
    return buffer.getvalue()


@lru_cache
def valid_weights() -> bytes:
    """A safetensors file of two weights."""
    header = json.dumps(
        {
            'a': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [0, 24]},
            'b': {'dtype': 'F16', 'shape': [4], 'data_offsets': [24, 32]},
        }
    ).encode()
    return struct.pack('<Q', len(header)) + header + bytes(32)


def bomb(rng: np.random.Generator) -> bytes:
    """A PNG with huge dimensions and valid checksums."""
    width, height = (int(rng.choice([1, 60_000, 2**20, 2**31 - 1])) for _ in range(2))
    start = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100_000), 9)
    chunks = ((b'IHDR', start), (b'IDAT', body), (b'IEND', b''))
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        for kind, data in chunks
    )


def many_pages(rng: np.random.Generator) -> bytes:
    """A PDF whose page tree claims thousands of pages."""
    count = int(rng.choice([1000, 5000, 10**9]))
    kids = ' '.join('3 0 R' for _ in range(min(count, 5000)))
    objects = [
        '<</Type/Catalog/Pages 2 0 R>>',
        f'<</Type/Pages/Count {count}/Kids[{kids}]>>',
        '<</Type/Page/Parent 2 0 R/MediaBox[0 0 20000 20000]>>',
    ]
    body = '%PDF-1.4\n' + ''.join(f'{i} 0 obj{o}endobj\n' for i, o in enumerate(objects, 1))
    return (body + 'trailer<</Root 1 0 R/Size 4>>\n').encode()


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Apply one to three mutations."""
    for _ in range(int(rng.integers(1, 4))):
        data = _MUTATIONS[int(rng.integers(len(_MUTATIONS)))](data, rng)
    return data


def mutate_text(text: str, rng: np.random.Generator) -> bytes:
    """Mutate a text as bytes, and sometimes its encoding."""
    encoding = rng.choice(['utf-8', 'utf-8', 'utf-16', 'utf-8-sig', 'cp1252'])
    data = text.encode(str(encoding), 'replace')
    if rng.random() < 0.3:
        odd = [
            'nan',
            '1e999',
            '-',
            '"',
            '\x00',
            '\u2028',
            ',' * 50,
            '9' * 400,
            '日',
            '####',
            '{',
            '<a>',
        ]
        place = int(rng.integers(len(text) + 1))
        data = (text[:place] + str(rng.choice(odd)) + text[place:]).encode(str(encoding), 'replace')
    return data if rng.random() < 0.2 else mutate(data, rng)


def _truncate(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data) + 1))]


def _flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, max(len(data), 1), int(rng.integers(1, 9))) if data else ():
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    """Write an extreme number of 2 or 4 bytes, mostly into the header."""
    end = min(len(data), 64) if rng.random() < 0.7 else len(data)
    place = int(rng.integers(end + 1))
    order = '<>'[int(rng.integers(2))]
    value = int(rng.choice(_SIZES))
    wide = rng.random() < 0.5
    number = struct.pack(order + ('I' if wide else 'H'), value if wide else value & 0xFFFF)
    return data[:place] + number + data[place + len(number) :]


def _repeat(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(int(v) for v in rng.integers(0, len(data) + 1, 2))
    return data[:end] + data[start:end] * int(rng.integers(1, 4)) + data[end:]


def _remove(data: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(int(v) for v in rng.integers(0, len(data) + 1, 2))
    return data[:start] + data[end:]


def _noise(data: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(len(data) + 1))
    return data[:start] + rng.bytes(int(rng.integers(1, 200))) + data[start:]


_MUTATIONS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _truncate, _flip, _overwrite, _overwrite, _repeat, _remove, _noise,
)  # fmt: skip
