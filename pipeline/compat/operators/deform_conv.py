"""Deformable convolution (DCN v1).

Dai et al., "Deformable Convolutional Networks", ICCV 2017. mmcv and torchvision have the same
layout of offsets: for each deformable group and kernel cell the shift along y, then along x.
"""

from __future__ import annotations

import torchvision
from torch import Tensor

from pipeline.compat.operators.differentiation import vector_jacobian_product
from pipeline.compat.operators.precision import widen


def deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    output: Tensor,
    columns: Tensor,
    ones: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    im2col_step: int,
) -> None:
    """Fill ``output`` with the convolution.

    Args:
        input: (I, C, H, W).
        weight: (O, C / group, kH, kW).
        offset: (I, 2 * deformable_group * kH * kW, H', W'), in pixels.
        output: (I, O, H', W'), filled here.
        columns: Scratch space of the compiled operator, not used.
        ones: Scratch space of the compiled operator, not used.
        kW: Kernel width, also given by ``weight``.
        kH: Kernel height, also given by ``weight``.
        dW: Stride along x.
        dH: Stride along y.
        padW: Zeros on the left and on the right.
        padH: Zeros above and below.
        dilationW: Distance of kernel cells along x.
        dilationH: Distance of kernel cells along y.
        group: Number of channel groups, also given by ``weight``.
        deformable_group: Number of channel groups with separate offsets, also given by ``offset``.
        im2col_step: Batch size inside the compiled operator, not used.
    """
    output.copy_(
        torchvision.ops.deform_conv2d(
            *widen(input, offset, weight),
            stride=(dH, dW),
            padding=(padH, padW),
            dilation=(dilationH, dilationW),
        )
    )


def deform_conv_backward_input(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_input: Tensor,
    grad_offset: Tensor,
    weight: Tensor,
    columns: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    im2col_step: int,
) -> None:
    """Fill ``grad_input`` and ``grad_offset``. Other arguments are as in the forward pass."""

    def convolve(input: Tensor, offset: Tensor) -> Tensor:
        return torchvision.ops.deform_conv2d(
            *widen(input, offset, weight),
            stride=(dH, dW),
            padding=(padH, padW),
            dilation=(dilationH, dilationW),
        )

    gradients = vector_jacobian_product(convolve, [input, offset], grad_output)
    for target, gradient in zip([grad_input, grad_offset], gradients, strict=True):
        target.copy_(gradient)


def deform_conv_backward_parameters(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_weight: Tensor,
    columns: Tensor,
    ones: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    scale: float,
    im2col_step: int,
) -> None:
    """Add ``scale`` times the gradient of the weight to ``grad_weight``."""

    def convolve(weight: Tensor) -> Tensor:
        return torchvision.ops.deform_conv2d(
            *widen(input, offset, weight),
            stride=(dH, dW),
            padding=(padH, padW),
            dilation=(dilationH, dilationW),
        )

    (gradient,) = vector_jacobian_product(convolve, [grad_weight], grad_output)
    grad_weight.add_(gradient, alpha=scale)
