"""What a detector's activations range over, in the metadata of the file of its weights."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from safetensors import safe_open

Ranges = dict[str, tuple[float, float]]
"""Least and largest value that matters of each activation, by the name of what computes it."""

_METADATA_KEY = 'detector_int8_ranges'


def load_int8_ranges(path: str | os.PathLike[str]) -> Ranges | None:
    """What the file of a spotter's weights says of its detector; None where it says nothing.

    Raises:
        ValueError: If what it says are no ranges.
    """
    if Path(path).suffix != '.safetensors':
        return None
    with safe_open(path, 'pt') as file:
        entry = (file.metadata() or {}).get(_METADATA_KEY)
    if entry is None:
        return None
    try:
        ranges = {
            name: (float(low), float(high)) for name, (low, high) in json.loads(entry).items()
        }
        if not all(-math.inf < low <= high < math.inf for low, high in ranges.values()):
            raise ValueError('a range without an end, or from high to low')
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f'cannot read the ranges of activations in {path}: wanted those of '
            f'tools/calibrate_int8.py ({type(error).__name__}: {error}). Measure anew with it.'
        ) from error
    return ranges


def as_metadata(ranges: Ranges) -> dict[str, str]:
    """The entry of a safetensors file that ``load_int8_ranges`` reads."""
    rounded = {name: [float(f'{end:.6g}') for end in ends] for name, ends in ranges.items()}
    return {_METADATA_KEY: json.dumps(rounded)}
