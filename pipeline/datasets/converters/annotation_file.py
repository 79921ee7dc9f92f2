"""MMOCR's JSON annotation layout, written in one place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def spotting_instance(polygon: np.ndarray, text: str, ignore: bool) -> dict:
    """One word as MMOCR's text detection and spotting data sets read it.

    Args:
        polygon: (K, 2) pixels, clockwise from the first character's top-left.
        text: The transcript.
        ignore: True where the word takes no part in training and scoring.
    """
    points = np.asarray(polygon, dtype=float).reshape(-1, 2)
    low, high = points.min(0), points.max(0)
    return {
        'polygon': [round(float(v), 2) for v in points.flatten()],
        'bbox': [round(float(v), 2) for v in (*low, *high)],
        'bbox_label': 0,
        'text': text,
        'ignore': bool(ignore),
    }


def write_annotation_file(path: Path, task: str, data_list: Iterable[dict]) -> int:
    """Write ``{"metainfo", "data_list"}`` and return the number of samples.

    Args:
        path: The JSON file; its folder is made.
        task: ``'textspotting'`` (photos with words) or ``'textrecog'`` (word crops).
        data_list: Samples: photos with ``instances`` that have polygons and texts, or
            crops with one ``instances`` entry ``{"text"}``.

    Raises:
        ValueError: If ``task`` is neither.
    """
    names = {'textspotting': 'TextSpottingDataset', 'textrecog': 'TextRecogDataset'}
    if task not in names:
        raise ValueError(f'task must be one of {sorted(names)}, got {task!r}')
    metainfo: dict = {'dataset_type': names[task], 'task_name': task}
    if task == 'textspotting':
        metainfo['category'] = [{'id': 0, 'name': 'text'}]
    samples = list(data_list)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({'metainfo': metainfo, 'data_list': samples}, ensure_ascii=False),
        encoding='utf-8',
    )
    return len(samples)
