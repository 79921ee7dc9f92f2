"""Pooling of the scene tokens."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ContextPool(nn.Module):
    """Average pooling of the patch grid with kernel and stride k. The class token stays first.

    k = 1 keeps every patch; k = infinity keeps only the class token. If k does not divide the grid,
    the last row and column of cells average the remaining patches. CLIPTER (arXiv 2301.07464)
    trades accuracy for cost with this kernel. The paper does not state whether the class token is
    kept next to the pooled grid; we keep it.

    Args:
        kernel: 1, 2, 3, ... or ``float('inf')``, which configs may write as ``'inf'``.

    Raises:
        ValueError: If ``kernel`` is not one of these.
    """

    def __init__(self, kernel: int | float | str) -> None:
        super().__init__()
        try:
            value = float(kernel)
        except (TypeError, ValueError):
            value = math.nan
        if not value >= 1 or (math.isfinite(value) and not value.is_integer()):
            raise ValueError(f"kernel must be 1, 2, 3, ... or 'inf', got {kernel!r}.")
        self.kernel: int | float = int(value) if math.isfinite(value) else math.inf

    def pooled_size(self, grid_size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the pooled grid; (0, 0) if only the class token is kept."""
        if math.isinf(self.kernel):
            return 0, 0
        return math.ceil(grid_size[0] / self.kernel), math.ceil(grid_size[1] / self.kernel)

    def forward(self, tokens: Tensor, grid_size: tuple[int, int]) -> Tensor:
        """Pool the grid that follows the class token.

        Args:
            tokens: (I, 1 + height * width, C), the class token first, the grid row by row.
            grid_size: (height, width) of the patch grid.

        Returns:
            (I, S, C) with S = 1 + ceil(height / k) * ceil(width / k), or 1 at k = infinity.

        Raises:
            ValueError: If the number of tokens does not match ``grid_size``.
        """
        height, width = grid_size
        if tokens.ndim != 3 or tokens.shape[1] != 1 + height * width:
            raise ValueError(
                f'tokens of a {height}x{width} grid must be (I, {1 + height * width}, C), '
                f'got {tuple(tokens.shape)}.'
            )
        if math.isinf(self.kernel):
            return tokens[:, :1]
        if self.kernel == 1:
            return tokens
        grid = tokens[:, 1:].transpose(1, 2).unflatten(2, grid_size)  # (I, C, height, width)
        # The kernel is clipped to the grid: a larger kernel pools the whole side.
        sides = [min(int(self.kernel), side) for side in grid_size]
        grid = F.avg_pool2d(grid, sides, ceil_mode=True, count_include_pad=False)
        return torch.cat([tokens[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)  # (I, S, C)

    def extra_repr(self) -> str:
        return f'kernel={self.kernel}'
