"""Objects that resemble text, as negative examples for a detector."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.datasets.synthetic.backgrounds import smooth_noise
from pipeline.datasets.synthetic.paint import contrasting_color, plate_mask, random_color


def draw_distractor(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw one distractor, (height, width, 4) uint8, BGR premultiplied by alpha."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    canvas = kind(rng, size)
    if canvas.shape[2] == 4:
        return canvas
    return cv2.merge([*cv2.split(canvas), np.full(size, 255, np.uint8)])


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, tuple]:
    color = random_color(rng)
    return np.full((*size, 3), np.array(color, np.uint8), np.uint8), color


def _stripes(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    image, color = _ground(rng, size)
    ink = contrasting_color(rng, color)
    step = int(rng.integers(4, 36))
    thick = max(1, int(step * rng.uniform(0.1, 0.7)))
    if rng.random() < 0.5:
        for x in range(0, size[1], step):
            image[:, x : x + thick] = ink
    else:
        for y in range(0, size[0], step):
            image[y : y + thick] = ink
    return image


def _fence(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    ink = random_color(rng)
    alpha = np.zeros(size, np.uint8)
    step = int(rng.integers(8, 40))
    thick = max(1, int(step * rng.uniform(0.1, 0.4)))
    diagonal = rng.random() < 0.4
    for x in range(-size[0] if diagonal else 0, size[1], step):
        cv2.line(alpha, (x, 0), (x + size[0] if diagonal else x, size[0]), 255, thick, cv2.LINE_AA)
        if diagonal:
            cv2.line(alpha, (x + size[0], 0), (x, size[0]), 255, thick, cv2.LINE_AA)
    for y in (size[0] // 8, size[0] - size[0] // 8):
        cv2.line(alpha, (0, y), (size[1], y), 255, thick)
    return _colored(alpha, ink)


def _bricks(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    joint = random_color(rng)
    image = np.full((*size, 3), np.array(joint, np.uint8), np.uint8)
    base = np.array(random_color(rng))
    height = int(rng.integers(8, 40))
    width = int(height * rng.uniform(1.6, 3.2))
    gap = max(1, height // 8)
    for row, y in enumerate(range(0, size[0], height)):
        for x in range(-(row % 2) * width // 2, size[1], width):
            color = np.clip(base + rng.uniform(-22, 22), 0, 255)
            image[y : y + height - gap, max(0, x) : max(0, x + width - gap)] = color
    return image


def _grid(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    image, color = _ground(rng, size)
    ink = contrasting_color(rng, color)
    step, thick = int(rng.integers(8, 60)), int(rng.integers(1, 4))
    for x in range(0, size[1], step):
        image[:, x : x + thick] = ink
    for y in range(0, size[0], step):
        image[y : y + thick] = ink
    return image


def _windows(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    image, color = _ground(rng, size)
    glass = np.array(contrasting_color(rng, color))
    w, h = int(rng.integers(8, 50)), int(rng.integers(8, 60))
    gap_x, gap_y = int(w * rng.uniform(0.2, 1)) + 2, int(h * rng.uniform(0.2, 1)) + 2
    for y in range(gap_y, size[0] - h, h + gap_y):
        for x in range(gap_x, size[1] - w, w + gap_x):
            image[y : y + h, x : x + w] = np.clip(glass + rng.uniform(-25, 25), 0, 255)
            if w > 14:
                image[y : y + h, x + w // 2] = color
    return image


def _leaves(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    base = np.array([rng.uniform(10, 70), rng.uniform(60, 150), rng.uniform(20, 110)])
    alpha = np.zeros(size, np.uint8)
    canvas = np.zeros((*size, 3), np.uint8)
    for _ in range(int(rng.integers(30, 160))):
        center = (int(rng.uniform(0, size[1])), int(rng.uniform(0, size[0])))
        axes = (int(rng.integers(2, 12)), int(rng.integers(1, 6)))
        angle = rng.uniform(0, 180)
        cv2.ellipse(
            canvas,
            center,
            axes,
            angle,
            0,
            360,
            np.clip(base * rng.uniform(0.5, 1.5), 0, 255).tolist(),
            -1,
        )
        cv2.ellipse(alpha, center, axes, angle, 0, 360, 255, -1)
    return cv2.merge([*cv2.split(canvas), alpha])


def _checks(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    first, second = random_color(rng), random_color(rng)
    step = int(rng.integers(5, 30))
    rows, columns = np.arange(size[0]) // step, np.arange(size[1]) // step
    odd = ((rows[:, None] + columns[None]) % 2).astype(bool)
    return np.where(odd[..., None], np.array(first, np.uint8), np.array(second, np.uint8))


def _blank_sign(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    color = random_color(rng)
    alpha = plate_mask(rng, size, 2)
    canvas = _colored(alpha, color)
    ink = contrasting_color(rng, color)
    x, y = int(size[1] * rng.uniform(0.3, 0.7)), size[0] // 2
    reach = max(3, int(min(size) * rng.uniform(0.1, 0.35)))
    thick = max(1, reach // 5)
    form = rng.random()
    paint = (*ink, 255.0)
    if form < 0.25:
        cv2.arrowedLine(canvas, (x - reach, y), (x + reach, y), paint, thick, tipLength=0.4)
    elif form < 0.4:
        cv2.circle(canvas, (x, y), reach, paint, thick, cv2.LINE_AA)
    elif form < 0.55:
        cv2.fillPoly(
            canvas,
            [np.array([[x, y - reach], [x + reach, y + reach], [x - reach, y + reach]], np.int32)],
            paint,
            cv2.LINE_AA,
        )
    elif form < 0.7:  # a bar code
        for bar in range(x - reach, x + reach, 3):
            if rng.random() < 0.6:
                canvas[
                    y - reach // 2 : y + reach // 2,
                    max(0, bar) : max(0, bar) + int(rng.integers(1, 3)),
                ] = paint
    return canvas


def _clouds(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    image, _ = _ground(rng, size)
    noise = smooth_noise(rng, size, int(rng.integers(10, 120)), 1)
    amount = rng.uniform(0.05, 0.35)
    return cv2.addWeighted(image, 1.0, cv2.merge([noise] * 3), amount, -128 * amount)


def _plain(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    return _ground(rng, size)[0]


def _colored(alpha: np.ndarray, color: tuple) -> np.ndarray:
    gains = np.array([[color[0]], [color[1]], [color[2]], [255.0]]) / 255
    return cv2.transform(alpha[..., None], gains)


KINDS: tuple[Callable[[np.random.Generator, tuple[int, int]], np.ndarray], ...] = (
    _stripes,
    _fence,
    _bricks,
    _grid,
    _windows,
    _leaves,
    _checks,
    _blank_sign,
    _blank_sign,
    _clouds,
    _plain,
)
