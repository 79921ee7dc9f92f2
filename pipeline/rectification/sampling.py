"""Reading a photo at points off its pixel grid, without aliasing.

Convention:
    - Coordinates are pixels, (x, y); the centre of pixel (column i, row j) is
      (i + 0.5, j + 0.5). OpenCV puts it at (i, j), hence the halves taken off below.
    - Outside of the photo its border is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_MAX_SUPERSAMPLING = 16
_MAX_REGION_PX = 32000  # OpenCV's warps count pixels in 16 bits.
_REMAP_DTYPES = ('uint8', 'uint16', 'int16', 'float32', 'float64')


@dataclass(frozen=True)
class Region:
    """The part of a photo around one word, shrunk where the word is far larger than its crop.

    Attributes:
        pixels: (h, w) or (h, w, 3).
        origin: (2,) where the region's top-left corner lies in the photo.
        shrink: Photo pixels per region pixel, a whole number.
        supersampling: (rows, columns) sampled per pixel of the crop, to be averaged.
    """

    pixels: np.ndarray
    origin: np.ndarray
    shrink: int
    supersampling: tuple[int, int]

    def to_region(self, points: np.ndarray) -> np.ndarray:
        """Move points of the photo (..., 2) to the region's own coordinates."""
        return (points - self.origin) / self.shrink


def check_image(image: np.ndarray) -> None:
    """Raise ValueError unless ``image`` is a non-empty (H, W) or (H, W, C) OpenCV can remap."""
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or 0 in image.shape:
        got = getattr(image, 'shape', type(image).__name__)
        raise ValueError(f'image must be a non-empty array (H, W) or (H, W, 3), got {got}.')
    if image.dtype.name not in _REMAP_DTYPES:
        raise ValueError(
            f'image must be one of {", ".join(_REMAP_DTYPES)}, got {image.dtype}. '
            f'Convert it first, for example with image.astype(np.uint8).'
        )


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return ``size`` as (height, width) ints, or raise ValueError."""
    if len(size) != 2 or any(int(side) != side or side < 1 for side in size):
        raise ValueError(f'size must be (height, width) in whole pixels, got {size!r}.')
    return int(size[0]), int(size[1])


def cut_region(image: np.ndarray, points: np.ndarray, scale: tuple[float, float]) -> Region:
    """Cut out what a word needs.

    Args:
        image: (H, W) or (H, W, C).
        points: (K, 2) all points that bound the samples, in pixels.
        scale: Photo pixels per crop pixel at the most, (down the rows, along the columns).
    """
    # Shrinking by whole numbers is an exact area average and keeps the sample grids small. Half
    # of the way at the most, so that the samples, not the shrunk grid, decide the sharpness.
    height, width = image.shape[:2]
    # Polygons can be far larger than the photo; a pixel of the region never is.
    shrink = int(max(1, min(min(scale) / 2, height / 4, width / 4)))
    limit = np.array([width, height])
    inside = np.ptp(np.clip(points, 0, limit), axis=0).max()
    shrink = max(shrink, int(np.ceil(inside / _MAX_REGION_PX)))
    low = np.clip(np.floor(points.min(axis=0)) - 3 * shrink, 0, limit - 1).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 3 * shrink, low + 1, limit).astype(int)
    pixels = image[low[1] : high[1], low[0] : high[0]]
    if shrink > 1:
        pad_x, pad_y = (-(high - low)) % shrink
        if pad_x or pad_y:
            pixels = cv2.copyMakeBorder(pixels, 0, int(pad_y), 0, int(pad_x), cv2.BORDER_REPLICATE)
        small = (pixels.shape[1] // shrink, pixels.shape[0] // shrink)
        pixels = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    rows, columns = (
        int(np.clip(np.ceil(side / shrink - 0.1), 1, _MAX_SUPERSAMPLING)) for side in scale
    )
    return Region(pixels, low.astype(np.float64), shrink, (rows, columns))


def interpolation_of(region: Region) -> int:
    """Cubic where a small word is enlarged; linear where samples are averaged anyway."""
    return cv2.INTER_CUBIC if region.supersampling == (1, 1) else cv2.INTER_LINEAR


def sample_points(region: Region, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Read the photo at a grid of points and average them down to ``size``.

    Args:
        region: From :func:`cut_region`.
        points: (height * rows, width * columns, 2) in the photo's pixels.
        size: (height, width) of the result.
    """
    height, width = region.pixels.shape[:2]
    grid = region.to_region(points) - 0.5
    grid = np.clip(grid, -1.0, (width, height)).astype(np.float32)  # Repeats the border.
    sampled = cv2.remap(
        region.pixels,
        grid[..., 0],
        grid[..., 1],
        interpolation_of(region),
        borderMode=cv2.BORDER_REPLICATE,
    )
    return average_down(sampled, size)


def average_down(sampled: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Average whole blocks of samples: (height * rows, width * columns) to (height, width)."""
    if sampled.shape[:2] == size:
        return sampled
    return cv2.resize(sampled, size[::-1], interpolation=cv2.INTER_AREA)


def sample_fractions(count: int) -> np.ndarray:
    """Centres of ``count`` equal parts of [0, 1]."""
    return (np.arange(count) + 0.5) / count
