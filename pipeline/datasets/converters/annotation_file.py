"""Writes MMOCR's JSON annotation format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipeline.geometry import make_clockwise
from pipeline.utils.atomic_write import write_whole

_DATASET_TYPES = {
    'textdet': 'TextDetDataset',
    'textspotting': 'TextSpottingDataset',
    'textrecog': 'TextRecogDataset',
}


def spotting_instance(polygon: np.ndarray, text: str, ignore: bool) -> dict:
    """Make an instance of MMOCR's text detection and spotting data sets.

    Args:
        polygon: (K, 2) pixels, starting at the first character's top-left. A counter-clockwise
            polygon is reversed; its first point stays first.
        text: Text of the word.
        ignore: Whether the word is excluded from training and scoring.

    Raises:
        ValueError: If ``polygon`` does not have three or more finite points.
    """
    points = make_clockwise(polygon).astype(np.float64)
    low, high = points.min(0), points.max(0)
    return {
        'polygon': [round(float(v), 2) for v in points.flatten()],
        'bbox': [round(float(v), 2) for v in (*low, *high)],
        'bbox_label': 0,
        'text': text,
        'ignore': bool(ignore),
    }


def detection_sample(sample: dict) -> dict:
    """Copy a sample without the texts of its words."""
    words = [
        {key: value for key, value in word.items() if key != 'text'} for word in sample['instances']
    ]
    return {**sample, 'instances': words}


def write_annotation_file(path: Path, task: str, data_list: Iterable[dict]) -> int:
    """Write ``{"metainfo", "data_list"}`` atomically and return the number of samples.

    Args:
        path: Path of the JSON file; its folder is created.
        task: ``'textdet'`` or ``'textspotting'`` (images with words) or ``'textrecog'`` (word
            crops).
        data_list: Samples: images with ``instances`` that have polygons (and texts), or crops with
            one ``instances`` entry ``{"text"}``.

    Raises:
        ValueError: If ``task`` is unknown.
    """
    if task not in _DATASET_TYPES:
        raise ValueError(f'task must be one of {sorted(_DATASET_TYPES)}, got {task!r}')
    metainfo: dict = {'dataset_type': _DATASET_TYPES[task], 'task_name': task}
    if task != 'textrecog':
        metainfo['category'] = [{'id': 0, 'name': 'text'}]
    samples = list(data_list)
    content = json.dumps({'metainfo': metainfo, 'data_list': samples}, ensure_ascii=False)
    write_whole(path, content)
    return len(samples)
