"""Stochastic depth."""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """Stochastic depth (Huang et al., ECCV 2016): drop a whole residual branch per crop.

    Args:
        drop_prob: Probability of dropping the branch, in training only. Kept branches are
            divided by ``1 - drop_prob``, so the expected output stays the same.

    Raises:
        ValueError: If ``drop_prob`` is outside [0, 1).
    """

    def __init__(self, drop_prob: float = 0.0) -> None:
        super().__init__()
        if not 0.0 <= drop_prob < 1.0:
            raise ValueError(f'drop_prob must be in [0, 1), got {drop_prob}.')
        self.drop_prob = drop_prob

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_prob == 0.0:
            return x
        keep_prob = 1.0 - self.drop_prob
        keep = x.new_empty((x.size(0),) + (1,) * (x.dim() - 1)).bernoulli_(keep_prob)
        return x * (keep / keep_prob)
