"""The gate between word features and fused features."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TanhGate(nn.Module):
    """A learnable scalar gate that starts closed.

    ``out = (1 - tanh(alpha)) * x + tanh(alpha) * fused``. alpha starts at 0, so that adding context
    to a trained recognizer does not change its output. At alpha = 0 only alpha gets a gradient, not
    the fusion. Therefore give alpha a larger learning rate and no weight decay
    (``custom_keys={'fusion.gate.alpha': dict(lr_mult=..., decay_mult=0)}``).

    CLIPTER (arXiv 2301.07464) has a gated fusion that starts as the identity; the tanh is our
    interpretation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    @property
    def openness(self) -> float:
        """tanh(alpha) in (-1, 1); the gate is closed at 0."""
        return float(torch.tanh(self.alpha.detach()))

    def forward(self, x: Tensor, fused: Tensor) -> Tensor:
        """Mix ``x`` with ``fused``, both of the same shape.

        Returns:
            A tensor of the shape and dtype of ``x``. Under autocast ``fused`` may be in half
            precision; the dtype of the features must not change.
        """
        gate = torch.tanh(self.alpha)
        return ((1 - gate) * x + gate * fused.to(x.dtype)).to(x.dtype)
