"""``--amp``: mixed precision for a config without it."""

from __future__ import annotations

import torch
from mmengine.config import Config


def enable_amp(config: Config) -> None:
    """Train in mixed precision: float16 with loss scaling on a GPU, bfloat16 on a CPU.

    Args:
        config: Config of the run; the type of its ``optim_wrapper`` is changed.

    Raises:
        ValueError: If its ``optim_wrapper`` is not ``OptimWrapper``, for instance because it uses
            mixed precision already.
    """
    kind = config.get('optim_wrapper', {}).get('type', 'OptimWrapper')
    if kind != 'OptimWrapper':
        already = kind in ('AmpOptimWrapper', 'BFloat16OptimWrapper')
        reason = 'trains in mixed precision already: leave out --amp' if already else (
            'cannot be turned into mixed precision: --amp needs OptimWrapper'
        )  # fmt: skip
        raise ValueError(f'--amp, but optim_wrapper.type={kind!r} {reason}.')
    if torch.cuda.is_available():
        config.optim_wrapper.type = 'AmpOptimWrapper'
        config.optim_wrapper.setdefault('loss_scale', 'dynamic')
    else:
        config.optim_wrapper.type = 'BFloat16OptimWrapper'
