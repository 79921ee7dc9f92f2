"""Small sets of images with words, as ``PhotoCaptionsDataset`` reads them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

COLORS = {'red': (0, 0, 255), 'green': (0, 255, 0), 'blue': (255, 0, 0), 'white': (255,) * 3}


def write_captioned_photos(root: Path, count: int, seed: int = 0) -> Path:
    """Plain images whose only word is the name of their color; the word is at the left."""
    rng = np.random.default_rng(seed)
    (root / 'images').mkdir(parents=True)
    entries = []
    for number in range(count):
        name = list(COLORS)[number % len(COLORS)]
        image = np.full((48, 64, 3), COLORS[name], np.uint8)
        image = cv2.add(image // 2, rng.integers(0, 60, image.shape, dtype=np.uint8))
        cv2.imwrite(str(root / 'images' / f'{number}.png'), image)
        polygon = [4, 4, 20, 4, 20, 12, 4, 12]
        small = [5, 20, 9, 20, 9, 24, 5, 24]
        entries.append(
            {
                'img_path': f'images/{number}.png', 'width': 64, 'height': 48,
                'instances': [
                    {'polygon': small, 'ignore': True, 'text': 'ignored', 'bbox_label': 0},
                    {'polygon': small, 'ignore': False, 'text': 'sign', 'bbox_label': 0},
                    {'polygon': polygon, 'ignore': False, 'text': name, 'bbox_label': 0},
                ],
            }
        )  # fmt: skip
    path = root / 'textspotting.json'
    path.write_text(json.dumps({'metainfo': {}, 'data_list': entries}))
    return path
