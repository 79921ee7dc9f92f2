"""The gate between what a crop says and what its scene adds."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TanhGate(nn.Module):
    """One learnable scalar decides how much of the scene comes in: closed at the start.

    ``out = (1 - tanh(alpha)) * x + tanh(alpha) * fused`` with alpha zero at first, so a trained
    recognizer keeps its answers exactly on the day it gets context. At alpha = 0 the gradient
    reaches nothing behind the gate but alpha itself: give alpha a larger learning rate and no
    weight decay (``custom_keys={'fusion.gate.alpha': dict(lr_mult=..., decay_mult=0)}``).

    A gated fusion that starts as the identity is CLIPTER's (arXiv 2301.07464); the tanh is our
    reading of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    @property
    def openness(self) -> float:
        """tanh(alpha), in (-1, 1); 0 is closed."""
        return float(torch.tanh(self.alpha.detach()))

    def forward(self, x: Tensor, fused: Tensor) -> Tensor:
        """Mix ``x`` with ``fused``, both of one shape.

        Returns:
            A tensor of the shape and dtype of ``x``: under autocast ``fused`` may come in half
            precision, and mixing it in must not change what follows.
        """
        gate = torch.tanh(self.alpha)
        return ((1 - gate) * x + gate * fused.to(x.dtype)).to(x.dtype)
