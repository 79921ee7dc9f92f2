"""Gives numpy 2 back the aliases that imgaug, mmcv and MMOCR still read.

What: ``np.sctypes`` (imgaug at import), ``np.int0`` (MMOCR's FCENet postprocessor and text
detection transforms), ``np.bool`` (imgaug's polygons, between numpy 1.24 and 2.0) and
``np.float`` (mmdet's YouTube-VIS metric).
Why: numpy removed them in 1.24 and 2.0; the packages that read them are no longer released.
When it can go: when MMOCR no longer needs imgaug and reads ``np.intp``.
"""

from __future__ import annotations

import numpy as np

SCTYPES: dict[str, list[type]] = {
    'int': [np.int8, np.int16, np.int32, np.int64],
    'uint': [np.uint8, np.uint16, np.uint32, np.uint64],
    'float': [np.float16, np.float32, np.float64, np.longdouble],
    'complex': [np.complex64, np.complex128, np.clongdouble],
    'others': [bool, object, bytes, str, np.void],
}
ALIASES: dict[str, object] = {
    'sctypes': SCTYPES,
    'int0': np.intp,
    'bool': np.bool_,
    'float': float,
}


def restore_numpy_aliases() -> None:
    """Add each alias that this numpy lacks; those it has stay as they are."""
    for name, value in ALIASES.items():
        if name not in vars(np):
            setattr(np, name, value)
