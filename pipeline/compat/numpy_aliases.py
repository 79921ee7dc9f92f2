"""Removed numpy aliases that imgaug and MMOCR still use.

What: Adds ``np.sctypes`` (imgaug, at import), ``np.int0`` (MMOCR's FCENet postprocessor and
crop-flip transform) and ``np.bool`` (imgaug's polygons; available again since numpy 2.0).
Why: numpy removed them in 1.24 and 2.0, and the packages that use them have no newer release.
Remove when: MMOCR works without imgaug and uses ``np.intp``.
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
    """Add each alias that the installed numpy does not have."""
    for name, value in _ALIASES.items():
        if name not in vars(np):
            setattr(np, name, value)
