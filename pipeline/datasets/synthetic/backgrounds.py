"""Backgrounds of scenes: crops of images from a folder, or drawn backgrounds."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from pipeline.datasets.synthetic.paint import random_color
from pipeline.io import read_image

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')


def find_backgrounds(folder: str | os.PathLike[str]) -> list[str]:
    """List the images below a folder, ordered by name.

    Raises:
        ValueError: If the folder contains no images.
    """
    root = Path(folder)
    paths = sorted(path for path in root.rglob('*') if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(
            f'found no images ({", ".join(SUFFIXES)}) below {root}; set another folder with '
            '--backgrounds, or omit it.'
        )
    return [str(path) for path in paths]


def crop_photo(rng: np.random.Generator, path: str, size: tuple[int, int]) -> np.ndarray:
    """Cut a random part of an image, mirrored or not, and resize it to (height, width).

    Raises:
        ImageReadError: If the file cannot be read.
    """
    image = read_image(path, strict=True)
    height, width = size
    aspect = width / height * np.exp(rng.uniform(-0.25, 0.25))
    room = min(image.shape[0], image.shape[1] / aspect)
    piece_h = room * rng.uniform(0.45, 1.0)
    piece_w = piece_h * aspect
    y = int(rng.uniform(0, image.shape[0] - piece_h + 1e-6))
    x = int(rng.uniform(0, image.shape[1] - piece_w + 1e-6))
    piece = image[y : y + max(8, int(piece_h)), x : x + max(8, int(piece_w))]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    return cv2.resize(piece, (width, height), interpolation=cv2.INTER_LINEAR)


def smooth_noise(
    rng: np.random.Generator, size: tuple[int, int], cells: int, channels: int
) -> np.ndarray:
    """Random values on a coarse grid, interpolated: (h, w, channels) uint8."""
    height, width = size
    rows = max(2, cells * height // max(size))
    columns = max(2, cells * width // max(size))
    grid = rng.integers(0, 256, (rows, columns, channels), dtype=np.uint8)
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC).reshape(
        height, width, channels
    )


def draw_ground(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw a background: a gradient, cloudy texture and some plain shapes."""
    height, width = size
    corners = np.array([random_color(rng) for _ in range(4)], np.float32).reshape(2, 2, 3)
    if rng.random() < 0.4:
        corners[:] = corners[:1, :1] + rng.uniform(-12, 12, (2, 2, 1))
    image = cv2.resize(
        np.clip(corners, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR
    )
    for _ in range(int(rng.integers(0, 3))):
        cells = int(np.exp(rng.uniform(np.log(3), np.log(160))))
        amount = rng.uniform(0.03, 0.35)
        noise = smooth_noise(rng, size, cells, 1 if rng.random() < 0.6 else 3)
        if noise.shape[2] == 1:
            noise = cv2.merge([noise] * 3)
        image = cv2.addWeighted(image, 1.0, noise, amount, -128 * amount)
    for _ in range(int(rng.integers(0, 14))):
        draw_shape(rng, image)
    return image


def draw_shape(rng: np.random.Generator, image: np.ndarray) -> None:
    """Draw one filled polygon, rectangle, ellipse or thick line, in place."""
    height, width = image.shape[:2]
    color = random_color(rng)
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    reach = np.exp(rng.uniform(np.log(0.03), np.log(0.6))) * max(height, width)
    form = rng.random()
    if form < 0.35:
        w, h = reach * rng.uniform(0.2, 1, 2)
        cv2.rectangle(image, (int(x - w), int(y - h)), (int(x + w), int(y + h)), color, -1)
    elif form < 0.6:
        points = np.array([x, y]) + rng.uniform(-reach, reach, (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(image, [points.astype(np.int32)], color, cv2.LINE_AA)
    elif form < 0.75:
        axes = (int(reach * 0.5) + 1, int(reach * rng.uniform(0.1, 0.5)) + 1)
        cv2.ellipse(
            image, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, color, -1, cv2.LINE_AA
        )
    else:
        end = (int(x + rng.uniform(-1, 1) * reach), int(y + rng.uniform(-1, 1) * reach))
        cv2.line(image, (int(x), int(y)), end, color, int(rng.integers(1, 14)), cv2.LINE_AA)
