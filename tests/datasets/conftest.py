"""Images with words, for data sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.registry import DefaultScope
from toy_scenes import BOXES, instance, write_set
from toy_spotter import draw_photo


@pytest.fixture
def mmocr_scope():
    with DefaultScope.overwrite_default_scope('mmocr'):
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image with three words, one with one word, and one without usable words."""
    three = [instance(text, box) for text, box in BOXES.items()]
    return write_set(
        tmp_path,
        [
            {'img_path': 'three.png', 'instances': three},
            {'img_path': 'one.png', 'instances': [instance('b', BOXES['b'])]},
            {
                'img_path': 'none.png',
                'instances': [
                    instance('a', BOXES['a'], ignore=True),
                    instance('a' * 26, BOXES['a']),
                    instance('ä', BOXES['a']),
                    instance('', BOXES['a']),
                ],
            },
        ],
        {
            'three.png': draw_photo(*BOXES.items()),
            'one.png': draw_photo(('b', BOXES['b'])),
            'none.png': draw_photo(),
        },
    )
