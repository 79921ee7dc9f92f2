"""Batches of crops of one size."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np


def group_by_size(crops: Sequence[np.ndarray], batch_size: int) -> list[list[int]]:
    """Indices of crops in batches of one size, narrow ones first, the order kept otherwise."""
    order = sorted(range(len(crops)), key=lambda row: (crops[row].shape[1], crops[row].shape[0]))
    batches = []
    for _, same in itertools.groupby(order, key=lambda row: crops[row].shape[:2]):
        rows = list(same)
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return batches
