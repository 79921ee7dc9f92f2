"""Synthetic images for measurements, equal on every machine."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pipeline.datasets.synthetic import (
    SceneGenerator,
    WordSource,
    find_fonts,
    matplotlib_font_folder,
)

_CAP_HEIGHT_PX = (14.0, 90.0)


def draw_photos(
    folder: Path, count: int, size: tuple[int, int] = (720, 1280), words: int = 10, seed: int = 0
) -> list[Path]:
    """Draw scenes with a given number of legible words and write them as JPEG.

    The words use the fonts of matplotlib, which is installed on every machine.

    Args:
        folder: Folder for the images.
        count: Number of images.
        size: (height, width) in pixels.
        words: Legible words per image.
        seed: Random seed of the scenes.

    Raises:
        ValueError: If the size has no room for this number of words.
    """
    generator = SceneGenerator(
        find_fonts([matplotlib_font_folder()]),
        WordSource(),
        size=size,
        word_count=(words, words),
        cap_height_px=_CAP_HEIGHT_PX,
    )
    paths: list[Path] = []
    for attempt in range(20 * count):
        if len(paths) == count:
            break
        scene = generator.draw(np.random.default_rng([seed, attempt]))
        if len(scene.words) == words and not any(word.ignore for word in scene.words):
            paths.append(folder / f'scene-{len(paths):03d}.jpg')
            cv2.imwrite(str(paths[-1]), scene.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if len(paths) < count:
        raise ValueError(
            f'wanted {count} scenes of {size[1]}x{size[0]} with {words} legible words each, got '
            f'{len(paths)} in {20 * count} tries. Ask for fewer words or a larger size.'
        )
    return paths
