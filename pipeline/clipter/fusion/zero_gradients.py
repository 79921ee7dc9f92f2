"""Parameters that a shortcut leaves out still get the zero gradients that are theirs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def with_zero_gradients(x: Tensor, *parameters: Tensor) -> Tensor:
    """``x`` itself; a backward pass through it gives ``parameters`` gradients of zero.

    Distributed training waits for a gradient of each parameter, and none that is due to come
    must stay away only because it is known to be zero.
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
