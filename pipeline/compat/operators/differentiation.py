"""Backward passes from differentiable forward passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def vector_jacobian_product(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_output: Tensor
) -> tuple[Tensor, ...]:
    """Compute the gradient of ``function`` by running it again under autograd.

    mmcv's autograd functions call a backward operator outside of any graph. A second forward pass
    under autograd implements this operator with public interfaces only.

    Args:
        function: Function of ``inputs``.
        inputs: Tensors to differentiate with respect to. They are not modified.
        grad_output: Gradient of the loss with respect to the output, with the output's shape.

    Returns:
        One gradient per input, with the input's shape.
    """
    leaves = [tensor.detach().requires_grad_() for tensor in inputs]
    with torch.enable_grad():
        output = function(*leaves)
    if not output.requires_grad:  # The output is empty and depends on no input.
        return tuple(torch.zeros_like(leaf) for leaf in leaves)
    return torch.autograd.grad(output, leaves, grad_output.to(output.dtype))
