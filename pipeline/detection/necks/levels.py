"""Channels of the levels of a neck that concatenates them."""

from __future__ import annotations


def channels_per_level(out_channels: int, levels: int) -> int:
    """Channels of each level in a concatenated map.

    Raises:
        ValueError: If ``out_channels`` is not divisible by the number of levels.
    """
    if out_channels % levels:
        raise ValueError(f'out_channels must be divisible by {levels} levels, got {out_channels}.')
    return out_channels // levels
