"""Explicit zero gradients for parameters that a shortcut skips."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def with_zero_gradients(x: Tensor, *parameters: Tensor) -> Tensor:
    """Return ``x``; its backward pass gives ``parameters`` gradients of zero.

    DDP expects a gradient for every parameter. Parameters that the shortcut skips therefore get
    explicit zero gradients.
    """
    return _ZeroGradients.apply(x, *parameters)


class _ZeroGradients(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(*parameters)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0], *(torch.zeros_like(p) for p in ctx.saved_tensors)
