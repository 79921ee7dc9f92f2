"""A small set with every kind of word, texts that would break a page, and images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

NASTY = '<script>document.title="ran"</script>'
CLOSING = '</script></title></svg><img src=x onerror=document.title="ran">'
QUOTES = '"\'&amp;<b>'


def line(column: int, row: int, text: str, confidence: float | None = None) -> str:
    x, y = 10 + 100 * column, 10 + 40 * row
    fields = [x, y, x + 80, y, x + 80, y + 20, x, y + 20]
    fields += [] if confidence is None else [confidence]
    return ','.join(map(str, fields)) + f',{text}\n'


def write_set(folder: Path, photos: bool = True, confidences: bool = True) -> Path:
    """Ground truth, predictions and images of four images.

    Image 1: one matched, one missed, one misread, one spurious, one don't-care word.
    Image 2: texts that are markup, two matched and two misread. Image 10: one missed word.
    Image 11: one matched word.
    """
    gt = {
        1: line(0, 0, 'EXIT') + line(1, 0, 'SHOP') + line(2, 0, 'CAFE') + line(0, 1, '###'),
        2: line(0, 0, NASTY) + line(1, 0, CLOSING) + line(2, 0, QUOTES) + line(3, 0, 'ÅNGSTRÖM'),
        10: line(0, 0, 'ALONE'),
        11: line(0, 0, 'RIGHT'),
    }
    found = {
        1: [(0, 0, 'EXIT', 0.9), (2, 0, 'CASE', 0.7), (3, 2, 'GHOST', 0.4)],
        2: [(0, 0, NASTY, 0.8), (1, 0, QUOTES, 0.6), (2, 0, CLOSING, 0.6), (3, 0, 'ångström', 0.5)],
        11: [(0, 0, 'right', 0.3)],
    }
    for name in ('gt', 'pred', 'images'):
        (folder / name).mkdir(parents=True)
    for number, text in gt.items():
        (folder / 'gt' / f'gt_img_{number}.txt').write_text(text, encoding='utf-8')
        if photos:
            pixels = np.full((150, 420, 3), 40 * (number % 5), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / 'images' / f'img_{number}.jpg')
    for number, words in found.items():
        lines = ''.join(
            line(column, row, text, confidence if confidences else None)
            for column, row, text, confidence in words
        )
        (folder / 'pred' / f'res_img_{number}.txt').write_text(lines, encoding='utf-8')
    return folder
