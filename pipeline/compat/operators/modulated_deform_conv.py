"""Modulated deformable convolution (DCN v2), used by the backbone of DBNet++.

Zhu et al., "Deformable ConvNets v2: More Deformable, Better Results", CVPR 2019.
"""

from __future__ import annotations

import torchvision
from torch import Tensor

from pipeline.compat.operators.differentiation import vector_jacobian_product
from pipeline.compat.operators.precision import widen


def modulated_deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    output: Tensor,
    columns: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Fill ``output`` with the convolution.

    Args:
        input: (I, C, H, W).
        weight: (O, C / group, kernel_h, kernel_w).
        bias: (O,), used if ``with_bias``.
        ones: Scratch space of the compiled operator, not used.
        offset: (I, 2 * deformable_group * kernel_h * kernel_w, H', W'), in pixels. For each group
            and kernel cell the shift along y, then along x.
        mask: (I, deformable_group * kernel_h * kernel_w, H', W'), factors of the samples.
        output: (I, O, H', W'), filled here.
        columns: Scratch space of the compiled operator, not used.
        kernel_h: Kernel height, also given by ``weight``.
        kernel_w: Kernel width, also given by ``weight``.
        stride_h: Stride along y.
        stride_w: Stride along x.
        pad_h: Zeros above and below.
        pad_w: Zeros on the left and on the right.
        dilation_h: Distance of kernel cells along y.
        dilation_w: Distance of kernel cells along x.
        group: Number of channel groups, also given by ``weight``.
        deformable_group: Number of channel groups with separate offsets, also given by ``offset``.
        with_bias: Whether to add ``bias``.
    """
    input, offset, mask, weight, bias = widen(input, offset, mask, weight, bias)
    output.copy_(
        torchvision.ops.deform_conv2d(
            input,
            offset,
            weight,
            bias if with_bias else None,
            stride=(stride_h, stride_w),
            padding=(pad_h, pad_w),
            dilation=(dilation_h, dilation_w),
            mask=mask,
        )
    )


def modulated_deform_conv_backward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    columns: Tensor,
    grad_input: Tensor,
    grad_weight: Tensor,
    grad_bias: Tensor,
    grad_offset: Tensor,
    grad_mask: Tensor,
    grad_output: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Fill the gradients (``grad_bias`` if ``with_bias``). Others are as in the forward pass."""

    def convolve(input: Tensor, offset: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
        input, offset, mask, weight = widen(input, offset, mask, weight)
        return torchvision.ops.deform_conv2d(
            input,
            offset,
            weight,
            stride=(stride_h, stride_w),
            padding=(pad_h, pad_w),
            dilation=(dilation_h, dilation_w),
            mask=mask,
        )

    gradients = vector_jacobian_product(convolve, [input, offset, mask, weight], grad_output)
    targets = [grad_input, grad_offset, grad_mask, grad_weight]
    for target, gradient in zip(targets, gradients, strict=True):
        target.copy_(gradient)
    if with_bias:
        grad_bias.copy_(grad_output.sum(dim=(0, 2, 3)))
