"""ICDAR 2015 Incidental Scene Text (Robust Reading Competition, challenge 4), as published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.datasets.converters.annotation_file import spotting_instance


def parse_icdar2015_line(line: str) -> tuple[np.ndarray, str]:
    """``x1,y1,x2,y2,x3,y3,x4,y4,transcript`` -> ((4, 2) quad, transcript).

    Commas after the eighth belong to the transcript.

    Raises:
        ValueError: If fewer than nine fields or a coordinate that is no number.
    """
    fields = line.split(',', 8)
    if len(fields) < 9:
        raise ValueError(
            f'wanted 8 coordinates and a transcript, got {len(fields)} fields: {line!r}'
        )
    try:
        quad = np.array([float(v) for v in fields[:8]], dtype=np.float32).reshape(4, 2)
    except ValueError:
        raise ValueError(f'wanted 8 numeric coordinates, got {fields[:8]}') from None
    return quad, fields[8].strip('\r\n')


def read_icdar2015(root: Path) -> Iterator[dict]:
    """Yield one MMOCR sample a photo of ``root/images/*`` with ``root/gt/gt_<stem>.txt``.

    A byte order mark is dropped, ``###`` marks a word as ignored, and a photo
    without words is kept (it teaches what is not text).

    Args:
        root: Folder with ``images`` and ``gt``.

    Raises:
        FileNotFoundError: If a folder or a ground-truth file is missing.
        ValueError: If a line cannot be parsed; names file and line.
    """
    images = sorted((root / 'images').glob('*.jpg')) + sorted((root / 'images').glob('*.png'))
    if not images:
        raise FileNotFoundError(f'wanted photos in {root / "images"}, found none')
    for image in images:
        gt = root / 'gt' / f'gt_{image.stem}.txt'
        if not gt.is_file():
            raise FileNotFoundError(f'{image.name} has no ground truth: wanted {gt}')
        with Image.open(image) as photo:
            width, height = photo.size
        instances = []
        for number, line in enumerate(gt.read_text(encoding='utf-8-sig').splitlines(), 1):
            if not line.strip():
                continue
            try:
                quad, text = parse_icdar2015_line(line)
            except ValueError as error:
                raise ValueError(f'{gt}, line {number}: {error}') from None
            instances.append(spotting_instance(quad, text, ignore=text == '###'))
        yield {
            'img_path': f'images/{image.name}',
            'height': height,
            'width': width,
            'instances': instances,
        }
