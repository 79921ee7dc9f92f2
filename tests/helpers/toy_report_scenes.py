"""Images of blocks with gt words beside them, whose detection can be scored by hand."""

from __future__ import annotations

from pathlib import Path

from toy_scenes import instance, write_set
from toy_spotter import draw_photo

TALL = (10, 10, 90, 50)  # (x1, y1, x2, y2): 40 px high
LOW = (110, 10, 190, 30)  # 20 px high
THIN = (10, 70, 90, 80)  # 10 px high
GHOST = (110, 60, 190, 90)


def write_scenes(folder: Path) -> Path:
    """Three images, four gt words that count and one that does not.

    ``one.png``: a (found), b (missed: no block), an ignored word with a block on it, and a block
    that is no word. ``two.png``: c and d, both found. ``three.png``: nothing at all.
    """
    one = draw_photo(('a', TALL), ('x', THIN), ('g', GHOST))
    two = draw_photo(('c', TALL), ('d', THIN))
    samples = [
        {
            'img_path': 'one.png',
            'instances': [
                instance('a', TALL), instance('b', LOW), instance('###', THIN) | {'ignore': True},
            ],
        },
        {'img_path': 'two.png', 'instances': [instance('c', TALL), instance('d', THIN)]},
        {'img_path': 'three.png', 'instances': []},
    ]  # fmt: skip
    return write_set(
        folder, samples, {'one.png': one, 'two.png': two, 'three.png': draw_photo()}
    ) / 'annotation.json'  # fmt: skip
