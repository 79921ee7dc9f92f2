"""Loading and resuming of MMEngine checkpoints with ``weights_only=True``.

What: Allow-lists the classes in MMEngine's checkpoints other than tensors: its log history, with
the numpy arrays and numbers inside. Also reads checkpoints from URLs with ``weights_only=True``.
Why: torch 2.6 and later refuse every class that is not allow-listed, so a run could not resume
from its own checkpoint. ``torch.hub`` still unpickles downloads without an allow-list.
Remove when: MMEngine allow-lists its classes and passes ``weights_only`` on.

The allowed classes and functions only build plain data. They cannot run code from a file.
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
    """Register the classes in torch, and the safe loader in MMEngine."""
    # numpy rebuilds arrays and numbers by two functions with private paths, which differ between
    # versions. A checkpoint contains the path of the version that wrote it.
    rebuild_array: Any = np.empty(0).__reduce__()[0]
    rebuild_number: Any = np.float64(0).__reduce__()[0]
    torch.serialization.add_safe_globals(
        [
            HistoryBuffer,
            np.dtype,
            np.ndarray,
            # A log history pickles its statistics (mean, min, ...) as attributes of its class.
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
    """Restricted ``getattr`` for checkpoints, which returns statistics of a log history only."""
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise ValueError(
            f'a checkpoint may not access {name!r} of {owner!r}, only {sorted(_STATISTICS)} of '
            'a log history. It was not written by MMEngine.'
        )
    return getattr(owner, name)
