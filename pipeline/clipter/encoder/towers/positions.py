"""Interpolation of positional embeddings to another patch grid."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def fit_positions(
    positions: Tensor, grid_size: tuple[int, int], old_size: tuple[int, int] | None = None
) -> Tensor:
    """Interpolate positional embeddings (bicubic, antialiased) to another patch grid.

    Args:
        positions: (1 + height * width, C), the first token's embedding, then the grid row by row.
        grid_size: (height, width) of the new grid.
        old_size: (height, width) of the grid of ``positions``; a square by default.

    Returns:
        (1 + height * width, C); ``positions`` itself if the grid size is the same.
    """
    if old_size is None:
        side = round((len(positions) - 1) ** 0.5)
        old_size = (side, side)
    if tuple(grid_size) == tuple(old_size):
        return positions
    grid = positions[1:].T.unflatten(1, old_size).unsqueeze(0)  # (1, C, height, width)
    grid = F.interpolate(grid, grid_size, mode='bicubic', antialias=True, align_corners=False)
    return torch.cat([positions[:1], grid[0].flatten(1).T])
