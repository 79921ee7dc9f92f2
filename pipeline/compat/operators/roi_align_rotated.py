"""Average pooling of rotated regions with bilinear samples (RRoIAlign), used by DRRG.

Convention:
    - A region is (image index, center x, center y, width, height, angle) in image pixels. The
      angle is in radians, counterclockwise on the screen unless ``clockwise``.
    - The x axis of a region is along its width. Bins and samples are laid out in the frame of the
      region, then rotated about its center.
    - A sample up to one pixel beyond the center of a border pixel has the value of the border. A
      sample further outside is zero.
    - A region without samples pools to zero, as in mmcv on CUDA. An untrained DRRG proposes such
      regions, with a negative height.
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
        rois: (R, 6), see the convention of this module.
        output: (R, C, pooled_height, pooled_width), filled here.
        pooled_height: Rows of the pooled region.
        pooled_width: Columns of the pooled region.
        spatial_scale: Feature pixels per image pixel.
        sampling_ratio: Samples along each side of a bin. 0 takes one sample per feature pixel.
        aligned: Whether coordinates are shifted by half a pixel, to pixel centers. If False,
            regions are at least one feature pixel wide and high.
        clockwise: Whether angles are clockwise on the screen.
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
    """Fill ``grad_input`` (I, C, H, W). The other arguments are as in the forward pass."""

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

    # Pooling is linear, so its gradient does not depend on the values of the features.
    # ``grad_input`` only provides their shape.
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

    # One sampling call per group of regions with the same image and number of samples per bin.
    keys = torch.cat([rois[:, :1], samples], dim=1).long()
    groups, group_of_roi = torch.unique(keys, dim=0, return_inverse=True)
    output = features.new_zeros((len(rois), features.size(1), *pooled_size))
    for number, (image_index, columns, rows) in enumerate(groups.tolist()):
        if min(columns, rows) <= 0:  # A region without samples stays zero.
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
    """Evenly spaced points of each region: (R, rows, columns, 2) as (x, y)."""
    rows, columns = grid_size
    along_x = (torch.arange(columns).to(sizes) + 0.5) / columns - 0.5
    along_y = (torch.arange(rows).to(sizes) + 0.5) / rows - 0.5
    x = (along_x * sizes[:, :1])[:, None, :]  # (R, 1, columns)
    y = (along_y * sizes[:, 1:])[:, :, None]  # (R, rows, 1)
    cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
    rotated = torch.stack([x * cos + y * sin, y * cos - x * sin], dim=-1)
    return rotated + centers[:, None, None]


def _sample_bilinear(features: Tensor, points: Tensor) -> Tensor:
    """Sample (C, H, W) features at (R, rows, columns, 2) points: (R, C, rows, columns)."""
    count, rows, columns, _ = points.shape
    size = points.new_tensor([features.size(2), features.size(1)])  # width, height
    inside = ((points >= -1) & (points <= size)).all(dim=-1)
    grid = ((2 * points + 1) / size - 1).reshape(1, count * rows, columns, 2)
    values = F.grid_sample(features[None], grid, padding_mode='border', align_corners=False)
    values = values[0].reshape(-1, count, rows, columns).transpose(0, 1)
    return values * inside[:, None]
