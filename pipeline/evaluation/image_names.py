"""Names of images in ground truth, submissions and lexicons."""

from __future__ import annotations

import re
from pathlib import PurePath

_NUMBERED = re.compile(r'(?:^|_)img_?([0-9]+)$')


def image_key(stem: str) -> str:
    """The number of an image named ``img_N`` (``gt_img_N``, ``voc_img_N``), else its whole name."""
    numbered = _NUMBERED.search(stem)
    return numbered[1] if numbered else stem


def image_key_of_path(path: str) -> str:
    """:func:`image_key` of the path of an image file."""
    return image_key(PurePath(path).stem)


def plain_key(key: str) -> str:
    """A numeric key without leading zeros; any other key unchanged."""
    return str(int(key)) if key.isdecimal() else key
