"""Activation ranges of a detector, stored in the metadata of its weights file."""

from __future__ import annotations

import json
import math
import os

from safetensors import safe_open

from pipeline.utils.safetensors_file import is_safetensors

Ranges = dict[str, tuple[float, float]]
"""Clipping range (minimum, maximum) of each activation, by the name of its fx node."""

_METADATA_KEY = 'detector_int8_ranges'


def load_int8_ranges(path: str | os.PathLike[str]) -> Ranges | None:
    """Load the detector's activation ranges from a weights file of a spotter.

    Returns:
        The ranges, or None if the file contains none.

    Raises:
        ValueError: If the metadata entry does not contain valid ranges.
    """
    if not is_safetensors(path):
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
            raise ValueError('a range is infinite, or its minimum exceeds its maximum')
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f'cannot read the activation ranges in {path} ({type(error).__name__}: {error}). '
            'Measure them again with clipter calibrate-int8.'
        ) from error
    return ranges


def as_metadata(ranges: Ranges) -> dict[str, str]:
    """Metadata entry of a safetensors file for ``load_int8_ranges``."""
    rounded = {name: [float(f'{end:.6g}') for end in ends] for name, ends in ranges.items()}
    return {_METADATA_KEY: json.dumps(rounded)}
