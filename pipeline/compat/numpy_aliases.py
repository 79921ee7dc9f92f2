"""Gives numpy back the aliases that imgaug and MMOCR still read.

What: ``np.sctypes`` (imgaug, at import), ``np.int0`` (MMOCR's FCENet postprocessor and crop-flip
transform) and ``np.bool`` (imgaug's polygons; numpy has it again since 2.0).
Why: numpy dropped them in 1.24 and 2.0, and the packages that read them have no newer release.
When it can go: when MMOCR works without imgaug and reads ``np.intp``.
"""

from __future__ import annotations

import numpy as np

_ALIASES: dict[str, object] = {
    'bool': np.bool_,
    'int0': np.intp,
    'sctypes': {
        'int': [np.int8, np.int16, np.int32, np.int64],
        'uint': [np.uint8, np.uint16, np.uint32, np.uint64],
        'float': [np.float16, np.float32, np.float64, np.longdouble],
        'complex': [np.complex64, np.complex128, np.clongdouble],
        'others': [bool, object, bytes, str, np.void],
    },
}


def restore_numpy_aliases() -> None:
    """Add each alias that this numpy lacks; those it has stay as they are."""
    for name, value in _ALIASES.items():
        if name not in vars(np):
            setattr(np, name, value)
