"""Average pooling of axis-aligned regions with bilinear samples (RoIAlign).

He et al., "Mask R-CNN", ICCV 2017.
"""

from __future__ import annotations

import torchvision
from torch import Tensor

from pipeline.compat.operators.differentiation import vector_jacobian_product
from pipeline.compat.operators.missing import MissingOperatorError
from pipeline.compat.operators.precision import widen

_AVERAGE = 1  # mmcv's value for pool_mode='avg'.


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill ``output`` with the pooled regions.

    Args:
        input: (I, C, H, W) features.
        rois: (R, 5) as (image index, x1, y1, x2, y2), in pixels of the image.
        output: (R, C, aligned_height, aligned_width), filled here.
        argmax_y: Used by max pooling only.
        argmax_x: Used by max pooling only.
        aligned_height: Rows of the pooled region.
        aligned_width: Columns of the pooled region.
        spatial_scale: Feature pixels per image pixel.
        sampling_ratio: Samples along each side of a bin. 0 takes one sample per feature pixel.
        pool_mode: 1 for average pooling. 0, for max pooling, is not supported.
        aligned: Whether coordinates are shifted by half a pixel, to pixel centers.

    Raises:
        MissingOperatorError: If ``pool_mode`` is max pooling.
    """
    _check_pool_mode(pool_mode)
    output.copy_(
        torchvision.ops.roi_align(
            *widen(input, rois),
            (aligned_height, aligned_width),
            spatial_scale,
            sampling_ratio,
            aligned,
        )
    )


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill ``grad_input`` (I, C, H, W). The other arguments are as in the forward pass.

    Raises:
        MissingOperatorError: If ``pool_mode`` is max pooling.
    """
    _check_pool_mode(pool_mode)

    def pool(features: Tensor) -> Tensor:
        return torchvision.ops.roi_align(
            *widen(features, rois),
            (aligned_height, aligned_width),
            spatial_scale,
            sampling_ratio,
            aligned,
        )

    # Pooling is linear, so its gradient does not depend on the values of the features.
    # ``grad_input`` only provides their shape.
    (gradient,) = vector_jacobian_product(pool, [grad_input], grad_output)
    grad_input.copy_(gradient)


def _check_pool_mode(pool_mode: int) -> None:
    if pool_mode != _AVERAGE:
        raise MissingOperatorError("roi_align with pool_mode='max'")
