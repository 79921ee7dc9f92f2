"""Average pooling of rotated regions by bilinear samples (RRoIAlign); DRRG pools with it.

Convention:
    - A region is (image index, center x, center y, width, height, angle) in image pixels; the
      angle is in radians, counterclockwise on the screen unless ``clockwise``.
    - The region's own x axis runs along its width. Bins and samples are laid out in the
      region's frame, then turned about its center.
    - A sample between the border pixel's center and one pixel beyond reads the border; one
      further out reads zero.
    - A region without samples, as one of a negative height that an untrained DRRG proposes,
      pools to zero, as it does in mmcv on CUDA.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.compat.operators.differentiation import vector_jacobian_product
from pipeline.compat.operators.precision import widen


def roi_align_rotated_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    clockwise: bool,
) -> None:
    """Fill ``output`` with the pooled regions.

    Args:
        input: (I, C, H, W) features.
        rois: (R, 6), see the module's convention.
        output: (R, C, pooled_height, pooled_width), filled here.
        pooled_height: Rows of the pooled region.
        pooled_width: Columns of the pooled region.
        spatial_scale: Feature pixels an image pixel.
        sampling_ratio: Samples along each side of a bin; 0 takes one a feature pixel.
        aligned: Whether coordinates are shifted by half a pixel, as pixel centers want.
            Without it, regions are at least one feature pixel wide and high.
        clockwise: Whether angles turn clockwise on the screen.
    """
    output.copy_(
        _pool_rotated(
            input,
            rois,
            (pooled_height, pooled_width),
            spatial_scale,
            sampling_ratio,
            aligned,
            clockwise,
        )
    )


def roi_align_rotated_backward(
    grad_output: Tensor,
    rois: Tensor,
    grad_input: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    clockwise: bool,
) -> None:
    """Fill ``grad_input`` (I, C, H, W); the other arguments are those of the forward pass."""

    def pool(features: Tensor) -> Tensor:
        return _pool_rotated(
            features,
            rois,
            (pooled_height, pooled_width),
            spatial_scale,
            sampling_ratio,
            aligned,
            clockwise,
        )

    # Pooling is linear in the features, so its gradient is the same at every one of them;
    # ``grad_input`` stands for their shape.
    (gradient,) = vector_jacobian_product(pool, [grad_input], grad_output)
    grad_input.copy_(gradient)


def _pool_rotated(
    features: Tensor,
    rois: Tensor,
    pooled_size: tuple[int, int],
    spatial_scale: float,
    sampling_ratio: int,
    aligned: bool,
    clockwise: bool,
) -> Tensor:
    """The differentiable pooling, (R, C, pooled_height, pooled_width)."""
    features, rois = widen(features, rois)
    centers = rois[:, 1:3] * spatial_scale - (0.5 if aligned else 0.0)  # (R, 2) as (x, y)
    sizes = rois[:, 3:5] * spatial_scale  # (R, 2) as (width, height)
    if not aligned:
        sizes = sizes.clamp(min=1)
    angles = -rois[:, 5] if clockwise else rois[:, 5]

    pooled_height, pooled_width = pooled_size
    if sampling_ratio > 0:
        samples = torch.full_like(sizes, sampling_ratio)
    else:
        samples = torch.ceil(sizes / sizes.new_tensor([pooled_width, pooled_height]))

    # One sampling call for the regions of one image with as many samples a bin.
    keys = torch.cat([rois[:, :1], samples], dim=1).long()
    groups, group_of_roi = torch.unique(keys, dim=0, return_inverse=True)
    output = features.new_zeros((len(rois), features.size(1), *pooled_size))
    for number, (image_index, columns, rows) in enumerate(groups.tolist()):
        if min(columns, rows) <= 0:  # nothing to sample: the region stays zero
            continue
        members = (group_of_roi == number).nonzero().squeeze(1)
        points = _sample_points(
            centers[members],
            sizes[members],
            angles[members],
            (pooled_height * rows, pooled_width * columns),
        )
        values = _sample_bilinear(features[image_index], points)
        pooled = F.avg_pool2d(values, (rows, columns))
        output = output.index_copy(0, members, pooled)
    return output


def _sample_points(
    centers: Tensor, sizes: Tensor, angles: Tensor, grid_size: tuple[int, int]
) -> Tensor:
    """Spread (rows, columns) points evenly over each region: (R, rows, columns, 2) as (x, y)."""
    rows, columns = grid_size
    along_x = (torch.arange(columns).to(sizes) + 0.5) / columns - 0.5
    along_y = (torch.arange(rows).to(sizes) + 0.5) / rows - 0.5
    x = (along_x * sizes[:, :1])[:, None, :]  # (R, 1, columns)
    y = (along_y * sizes[:, 1:])[:, :, None]  # (R, rows, 1)
    cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
    turned = torch.stack([x * cos + y * sin, y * cos - x * sin], dim=-1)
    return turned + centers[:, None, None]


def _sample_bilinear(features: Tensor, points: Tensor) -> Tensor:
    """Read (C, H, W) features at (R, rows, columns, 2) points: (R, C, rows, columns)."""
    count, rows, columns, _ = points.shape
    size = points.new_tensor([features.size(2), features.size(1)])  # width, height
    inside = ((points >= -1) & (points <= size)).all(dim=-1)
    grid = ((2 * points + 1) / size - 1).reshape(1, count * rows, columns, 2)
    values = F.grid_sample(features[None], grid, padding_mode='border', align_corners=False)
    values = values[0].reshape(-1, count, rows, columns).transpose(0, 1)
    return values * inside[:, None]
