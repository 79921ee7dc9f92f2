"""Readers of HEIC and AVIF files, which some installations do not have."""

from __future__ import annotations

from PIL import features

_HEIC_BRANDS = {b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'hevm', b'hevs'}
_GENERAL_BRANDS = {b'mif1', b'msf1'}
_AVIF_BRANDS = {b'avif', b'avis'}


def add_reader(data: bytes) -> str | None:
    """Register pillow-heif in Pillow for a HEIC file.

    Args:
        data: Bytes of a file of any format.

    Returns:
        What to install if no reader of HEIC or AVIF is available for this file. None if the file
        has another format or a reader is available.
    """
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        if 'avif' in features.modules and features.check_module('avif'):
            return None
        return 'AVIF image; this Pillow cannot read it: run pip install "pillow>=11.3"'
    if not brands & (_HEIC_BRANDS | _GENERAL_BRANDS):
        return None
    try:
        import pillow_heif
    except ImportError:
        return 'HEIC/HEIF image; run pip install pillow-heif to read it'
    pillow_heif.register_heif_opener()
    return None


def _brands(data: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO base media file."""
    if data[4:8] != b'ftyp':
        return set()
    end = min(int.from_bytes(data[:4], 'big'), 256)
    return {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}
