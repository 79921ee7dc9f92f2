"""Small photos and documents on the disk, and what iter_inputs returns for them."""

from __future__ import annotations

import pytest
from PIL import Image

from pipeline.io import ImageReadError

COLORS = ('red', 'lime', 'blue')


def save_photo(path, color=(10, 20, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (8, 6), color).save(path, **options)
    return path


def names(items):
    return [item.name for item in items]


def error_of(item):
    with pytest.raises(ImageReadError) as caught:
        item.load()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def make_pdf(path, colors=('red', 'blue')):
    pages = [Image.new('RGB', (72, 36), color) for color in colors]
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=72)
    return path


def make_tiff(path, colors=COLORS, sizes=((8, 6),) * 3, **options):
    pages = [Image.new('RGB', size, color) for size, color in zip(sizes, colors)]
    pages[0].save(path, format='TIFF', save_all=True, append_images=pages[1:], **options)
    return path
