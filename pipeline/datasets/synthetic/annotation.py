"""Converts scenes to MMOCR's annotation format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.datasets.synthetic.scene import SceneWord


def make_instances(words: Sequence[SceneWord]) -> list[dict[str, Any]]:
    """Convert words to MMOCR instances.

    Returns:
        One dict per word: 'polygon' (flat list x1, y1, ...), 'bbox' (x1, y1, x2, y2), 'bbox_label',
        'text' and 'ignore'. Coordinates are in pixels, rounded to two decimals.
    """
    instances = []
    for word in words:
        polygon = [round(float(value), 2) for value in word.polygon.ravel()]
        instances.append(
            {
                'polygon': polygon,
                'bbox': [
                    min(polygon[0::2]),
                    min(polygon[1::2]),
                    max(polygon[0::2]),
                    max(polygon[1::2]),
                ],
                'bbox_label': 0,
                'text': word.text,
                'ignore': bool(word.ignore),
            }
        )
    return instances


def make_annotation(
    data_list: Sequence[dict[str, Any]],
    dataset_type: str = 'TextSpottingDataset',
    task_name: str = 'textspotting',
) -> dict[str, Any]:
    """Make an MMOCR annotation of samples ('img_path', 'height', 'width', 'instances')."""
    return {
        'metainfo': {
            'dataset_type': dataset_type,
            'task_name': task_name,
            'category': [{'id': 0, 'name': 'text'}],
        },
        'data_list': list(data_list),
    }
