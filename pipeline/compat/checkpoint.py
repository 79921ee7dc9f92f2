"""Lets MMEngine load and resume checkpoints with ``weights_only=True``.

What: Allow-lists the classes that MMEngine's checkpoints hold besides tensors, which is its log
history and the numpy arrays and numbers inside, and has checkpoints from a URL read as safely
as those from a file.
Why: torch 2.6 and later refuse every class that is not allow-listed, so a run could not resume
from its own checkpoint. ``torch.hub`` still unpickles what it downloads without such a list.
When it can go: when MMEngine allow-lists its classes and passes ``weights_only`` on.

Everything allowed here builds plain data: none of it runs code that a file could choose.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint

_STATISTICS = frozenset(['max', 'min', 'mean', 'current'])
_NUMBER_CODES = '?' + np.typecodes['AllInteger'] + np.typecodes['AllFloat']


def allow_mmengine_checkpoints() -> None:
    """Register the classes with torch, and the safe loader with MMEngine."""
    # numpy names the two functions that rebuild its values by private paths, which differ
    # between its versions, and a checkpoint holds the path of the version that wrote it.
    rebuild_array: Any = np.empty(0).__reduce__()[0]
    rebuild_number: Any = np.float64(0).__reduce__()[0]
    torch.serialization.add_safe_globals(
        [
            HistoryBuffer,
            np.dtype,
            np.ndarray,
            # A log history holds its statistics (mean, min, ...) as attributes of its class.
            (_history_statistic, '__builtin__.getattr'),
            (_history_statistic, 'builtins.getattr'),
            *{type(np.dtype(code)) for code in _NUMBER_CODES},
            *(
                (function, f'{module}.{function.__name__}')
                for function in (rebuild_array, rebuild_number)
                for module in ('numpy.core.multiarray', 'numpy._core.multiarray')
            ),
        ]
    )
    if not isinstance(checkpoint.load_url, functools.partial):
        checkpoint.load_url = functools.partial(checkpoint.load_url, weights_only=True)


def _history_statistic(owner: object, name: str) -> object:
    """What ``getattr`` is allowed to do for a checkpoint: name a statistic of a log history."""
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise ValueError(
            f'a checkpoint may not look up {name!r} of {owner!r}, only {sorted(_STATISTICS)} of '
            'a log history; it was not written by MMEngine.'
        )
    return getattr(owner, name)
