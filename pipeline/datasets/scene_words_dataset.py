"""A photo with its words as one training sample of a recognizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.dataset import BaseDataset
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.registry import DATASETS, TASK_UTILS


@DATASETS.register_module()
class SceneWordsDataset(BaseDataset):
    """Photos with their words, cut out by the same ``Rectifier`` as in use.

    Reads MMOCR JSON. Instances with a ``polygon`` are words of the photo ``img_path``;
    an instance without one says that the whole picture is a word crop, which has no
    scene. Ignored words, words longer than ``max_length`` and words with characters
    outside ``charset`` are left out.

    A sample is ``dict(inputs, data_samples, image)``: N crops (3, height, width) uint8
    BGR tensors, N ``TextRecogDataSample`` with ``gt_text``, and the photo (H, W, 3) uint8
    BGR, or None for word crops and where ``with_image`` is off.
    ``collate_scene_words`` makes batches of them.

    Args:
        ann_file: The JSON, under ``data_root``.
        rectifier: Config of the ``Rectifier`` that the spotter uses.
        charset: All characters that the recognizer knows.
        max_length: Longest transcript, in characters.
        max_words: At most so many words of one photo, drawn anew each time.
        native_size: (height, width) that photos are resized to before words are cut out,
            for sets that are stored stretched. None keeps the stored size.
        jitter: Corners are moved by up to this share of the word's height and the word
            grown or shrunk by it, as a detector's polygons are. 0 keeps the ground truth.
        crop_pipeline: Transforms of each crop, a dict with ``img`` (height, width, 3).
        with_image: Whether samples carry the photo; a recognizer with context needs it.
    """

    def __init__(
        self,
        ann_file: str,
        rectifier: dict[str, Any],
        charset: str,
        max_length: int = 25,
        max_words: int = 16,
        native_size: tuple[int, int] | None = None,
        jitter: float = 0.0,
        crop_pipeline: Sequence[dict[str, Any]] = (),
        with_image: bool = False,
        data_root: str = '',
        **kwargs: Any,
    ) -> None:
        self.rectifier = TASK_UTILS.build(rectifier)
        self.charset = frozenset(charset)
        self.max_length = max_length
        self.max_words = max_words
        self.native_size = native_size
        self.jitter = jitter
        self.crop_pipeline = Compose(list(crop_pipeline))
        self.with_image = with_image
        super().__init__(ann_file=ann_file, data_root=data_root, **kwargs)

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Keep what training needs of one entry of ``data_list``."""
        words = [
            (instance.get('polygon'), instance['text'])
            for instance in raw_data_info['instances']
            if not instance.get('ignore', False) and self._readable(instance['text'])
        ]
        return {
            'img_path': str(Path(self.data_root or '') / raw_data_info['img_path']),
            'words': words,
        }

    def filter_data(self) -> list[dict]:
        """Leave out photos without a readable word."""
        return [info for info in self.data_list if info['words']]

    def prepare_data(self, idx: int) -> dict:
        """One photo with its words; see the class for what it holds."""
        info = self.get_data_info(idx)
        image = cv2.imread(info['img_path'], cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        if image is None:
            raise ValueError(f'wanted an image, could not read {info["img_path"]}')
        words = info['words']
        if len(words) > self.max_words:
            chosen = np.random.choice(len(words), self.max_words, replace=False)
            words = [words[i] for i in chosen]
        has_scene = words[0][0] is not None
        stored_height, stored_width = image.shape[:2]
        if has_scene and self.native_size is not None:
            image = cv2.resize(image, self.native_size[::-1])
        scale = np.array([image.shape[1] / stored_width, image.shape[0] / stored_height])
        rings = [
            _jittered(_ring(polygon, stored_width, stored_height) * scale, self.jitter)
            for polygon, _ in words
        ]
        crops = [self.crop_pipeline({'img': crop})['img'] for crop in self.rectifier(image, rings)]
        return {
            'inputs': [torch.from_numpy(np.ascontiguousarray(c.transpose(2, 0, 1))) for c in crops],
            'data_samples': [_text_sample(text) for _, text in words],
            'image': image if has_scene and self.with_image else None,
        }

    def _readable(self, text: str) -> bool:
        return 0 < len(text) <= self.max_length and self.charset.issuperset(text)


def _ring(polygon: Sequence[float] | None, width: int, height: int) -> np.ndarray:
    if polygon is None:
        polygon = (0, 0, width, 0, width, height, 0, height)
    return np.asarray(polygon, dtype=np.float32).reshape(-1, 2)


def _jittered(ring: np.ndarray, jitter: float) -> np.ndarray:
    """Move the corners as a detector would: loose or tight as a whole, uneven by point."""
    if jitter <= 0 or len(ring) % 2:  # an odd ring does not say where its sides end
        return ring
    top, bottom = ring[: len(ring) // 2], ring[len(ring) // 2 :][::-1]
    height = float(np.hypot(*(top - bottom).T).mean())
    away = (top - bottom) / max(height, 1e-6)
    along = np.array([-away[:, 1].mean(), away[:, 0].mean()])
    grow = np.random.uniform(-0.5 * jitter, jitter, size=2) * height
    slide = np.random.uniform(-0.5 * jitter, 1.5 * jitter, size=2) * height
    top, bottom = top + grow[0] * away, bottom - grow[1] * away
    top[0] -= slide[0] * along
    bottom[0] -= slide[0] * along
    top[-1] += slide[1] * along
    bottom[-1] += slide[1] * along
    moved = np.concatenate([top, bottom[::-1]])
    return moved + np.random.uniform(-0.3, 0.3, moved.shape) * jitter * height


def _text_sample(text: str) -> TextRecogDataSample:
    sample = TextRecogDataSample(gt_text=LabelData(item=text))
    sample.set_metainfo({'valid_ratio': 1.0})
    return sample
