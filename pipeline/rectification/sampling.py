"""Sampling an image at points off its pixel grid, with anti-aliasing.

Convention:
    - Coordinates are pixels, (x, y); the centre of pixel (column i, row j) is
      (i + 0.5, j + 0.5). OpenCV's centre is (i, j), so 0.5 is subtracted for OpenCV.
    - Outside of the image its border is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_MAX_SUPERSAMPLING = 16
_MAX_REGION_PX = 32000  # OpenCV's warps store pixel indices in 16 bits.
_REMAP_DTYPES = ('uint8', 'uint16', 'int16', 'float32', 'float64')


@dataclass(frozen=True)
class Region:
    """The part of an image around one word, downscaled if the word is far larger than its crop.

    Attributes:
        pixels: (h, w) or (h, w, 3).
        origin: (2,) position of the region's top-left corner in the image.
        shrink: Image pixels per region pixel, a whole number.
        supersampling: (rows, columns) samples per pixel of the crop. Their mean is the pixel.
    """

    pixels: np.ndarray
    origin: np.ndarray
    shrink: int
    supersampling: tuple[int, int]

    def to_region(self, points: np.ndarray) -> np.ndarray:
        """Convert points (..., 2) from image to region coordinates."""
        return (points - self.origin) / self.shrink


def check_image(image: np.ndarray) -> None:
    """Raise ValueError unless ``image`` is a non-empty (H, W) or (H, W, C) with an OpenCV dtype."""
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
    """Cut out the region of a word.

    Args:
        image: (H, W) or (H, W, C).
        points: (K, 2) points whose bounding box contains all samples, in pixels.
        scale: Maximum image pixels per crop pixel, (vertical, horizontal).
    """
    # Downscaling by a whole number is an exact area average and keeps the sample grids small.
    # At most half of the total scale is used here, so that the supersampling sets the sharpness.
    height, width = image.shape[:2]
    # The polygon can be far larger than the image. The limits keep the region at least 4 px.
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
    """Cubic for one sample per crop pixel. Linear for supersampling, which averages anyway."""
    return cv2.INTER_CUBIC if region.supersampling == (1, 1) else cv2.INTER_LINEAR


def sample_points(region: Region, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Sample the image at a grid of points and average the samples to ``size``.

    Args:
        region: Region from :func:`cut_region`.
        points: (height * rows, width * columns, 2) in pixels of the image.
        size: (height, width) of the result.
    """
    height, width = region.pixels.shape[:2]
    grid = region.to_region(points) - 0.5
    grid = np.clip(grid, -1.0, (width, height)).astype(np.float32)  # Points beyond are border.
    sampled = cv2.remap(
        region.pixels,
        grid[..., 0],
        grid[..., 1],
        interpolation_of(region),
        borderMode=cv2.BORDER_REPLICATE,
    )
    return average_down(sampled, size)


def average_down(sampled: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Average blocks of samples: (height * rows, width * columns) to (height, width)."""
    if sampled.shape[:2] == size:
        return sampled
    return cv2.resize(sampled, size[::-1], interpolation=cv2.INTER_AREA)


def sample_fractions(count: int) -> np.ndarray:
    """Centres of ``count`` equal parts of [0, 1]."""
    return (np.arange(count) + 0.5) / count
