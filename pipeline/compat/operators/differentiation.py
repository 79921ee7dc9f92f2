"""Backward passes out of differentiable forward passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def vector_jacobian_product(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_output: Tensor
) -> tuple[Tensor, ...]:
    """Pull a gradient back through ``function`` by running it once more.

    mmcv's autograd functions call a backward operator outside of any graph. Running the
    forward pass again under autograd gives that operator through public interfaces alone, for
    the price of one more forward pass.

    Args:
        function: Takes ``inputs`` in their order.
        inputs: Where to differentiate; they are detached, not modified.
        grad_output: Gradient of the loss with respect to the output, of the output's shape.

    Returns:
        One gradient for each of ``inputs``, of its shape.
    """
    leaves = [tensor.detach().requires_grad_() for tensor in inputs]
    with torch.enable_grad():
        output = function(*leaves)
    if not output.requires_grad:  # it is empty: no input had a part in it
        return tuple(torch.zeros_like(leaf) for leaf in leaves)
    return torch.autograd.grad(output, leaves, grad_output.to(output.dtype))
