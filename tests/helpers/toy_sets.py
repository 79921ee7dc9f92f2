"""Small data sets in MMOCR's format, laid out as the configs expect them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from toy_spotter import draw_photo

WORDS = {'open': (10, 10, 90, 40), 'h0use': (100, 50, 190, 90)}


def draw_set(root: Path, ann_file: str) -> Path:
    """Two images with two words each, or two word crops where a set is one of crops."""
    root.mkdir(parents=True, exist_ok=True)
    is_crops = root.name == 'cut' or root.parent.name in ('words', 'word_crops', 'cut')
    photo = draw_words()
    x1, y1, x2, y2 = WORDS['open']
    cv2.imwrite(str(root / 'photo.png'), photo[y1:y2, x1:x2] if is_crops else photo)
    words = [
        {
            'polygon': [x1, y1, x2, y1, x2, y2, x1, y2],
            'bbox': [x1, y1, x2, y2],
            'bbox_label': 0,
            'text': text,
            'ignore': False,
        }
        for text, (x1, y1, x2, y2) in WORDS.items()
    ]
    instances = [{'text': 'open'}] if is_crops else words
    sample = {'img_path': 'photo.png', 'height': 100, 'width': 200, 'instances': instances}
    if root.parent.name == 'cut':  # clipter cut-words records the image of each crop
        cv2.imwrite(str(root / 'scene.png'), photo)
        sample['scene'] = {'img_path': 'scene.png', 'native_size': None, 'key': 'scene'}
    task = 'textrecog' if is_crops else 'textspotting'
    annotation = {'metainfo': {'task_name': task}, 'data_list': [sample, sample]}
    (root / ann_file).write_text(json.dumps(annotation))
    return root


def draw_words() -> np.ndarray:
    """An image with a block for each of ``WORDS``."""
    return draw_photo(*((text[0], box) for text, box in WORDS.items()))
