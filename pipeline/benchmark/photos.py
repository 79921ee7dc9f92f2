"""Photos to measure with: scenes that are the same on every machine."""

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
    """Draw scenes, each with just so many words that can be read, and write them as JPEG.

    They are written in matplotlib's fonts, which every machine has.

    Args:
        folder: Where they go.
        count: How many.
        size: (height, width) in pixels.
        words: Legible words a scene.
        seed: Of the scenes.

    Raises:
        ValueError: If the size has no room for so many words.
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
