"""``--amp``: mixed precision for a config without it."""

from __future__ import annotations

import torch
from mmengine.config import Config


def enable_amp(config: Config) -> None:
    """Train in mixed precision: float16 with loss scaling on a GPU, bfloat16 on a CPU.

    A config that trains in mixed precision already is left as it is.

    Args:
        config: Config of the run; the type of its ``optim_wrapper`` is changed.

    Raises:
        ValueError: If its ``optim_wrapper`` cannot be turned into mixed precision.
    """
    kind = config.get('optim_wrapper', {}).get('type', 'OptimWrapper')
    if kind in ('AmpOptimWrapper', 'BFloat16OptimWrapper'):
        return
    if kind != 'OptimWrapper':
        raise ValueError(
            f'--amp requires optim_wrapper.type=OptimWrapper, got {kind!r}: leave out --amp.'
        )
    if torch.cuda.is_available():
        config.optim_wrapper.type = 'AmpOptimWrapper'
        config.optim_wrapper.setdefault('loss_scale', 'dynamic')
    else:
        config.optim_wrapper.type = 'BFloat16OptimWrapper'
