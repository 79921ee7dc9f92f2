"""Data set whose samples are images with the crops of their words."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.clipter.cache.context_cache import ContextCache
from pipeline.datasets.left_out_words import LeftOutWords
from pipeline.datasets.scene_photo import read_photo
from pipeline.geometry import image_ring
from pipeline.geometry.neighbors import join_words, next_words
from pipeline.registry import DATASETS, TASK_UTILS


@DATASETS.register_module()
class SceneWordsDataset(BaseDataset):
    """Images with all their words, cropped with the spotter's ``Rectifier``.

    Reads MMOCR JSON. An instance with a ``polygon`` is a word of the image ``img_path``. An
    instance without a polygon means that the whole image is a word crop, which has no scene.
    Ignored words, words longer than ``max_length`` and words with characters outside ``charset``
    are skipped. Their number and examples are logged, by reason.

    A sample is ``dict(inputs, data_samples, image, context_tokens, photo)``: N crops as (3, height,
    width) uint8 BGR tensors; N ``TextRecogDataSample`` with ``gt_text``; the image (H, W, 3) uint8
    BGR or None; its scene tokens (S, C) float16 or None; and a key that all samples of one image
    share, None for word crops. ``collate_scene_words`` collates samples, and ``WordBatchSampler``
    limits the words per batch.

    Args:
        ann_file: Path of the JSON, relative to ``data_root``.
        rectifier: Config of the spotter's ``Rectifier``.
        charset: All characters of the recognizer, or config of its dictionary.
        max_length: Maximum number of characters of a text.
        max_words: Maximum number of words per image, drawn anew in each epoch. None uses all words.
        split_words: Maximum number of words per sample. An image with more words becomes several
            samples, each with the image. This limits the memory without skipping words.
        native_size: (height, width) to resize images to before cropping, for sets that are stored
            stretched. None keeps the stored size.
        join_prob: Probability that a word is cropped together with the next word of its line,
            repeatedly, as detectors merge words. The text then contains spaces. Use it for
            recognizers that learn word gaps (``CTCDecoder``, ``HybridDecoder(finds_gaps=True)``).
        jitter: Maximum change of corners and size as a share of the word's height, to imitate a
            detector's polygons. 0 keeps the ground truth.
        crop_pipeline: Transforms of each crop, which get a dict with ``img`` (height, width, 3).
        with_image: Whether samples contain the image; needed for recognizers with context.
        context_cache: Folder written by ``tools/extract_context.py``. Samples contain scene tokens
            from it instead of the image.

    Raises:
        ValueError: If a number of words is below 1, if ``join_prob`` is not in [0, 1], if the
            cache cannot be used, or if the file contains no usable word.
    """

    def __init__(
        self,
        ann_file: str,
        rectifier: dict[str, Any],
        charset: str | dict[str, Any],
        max_length: int = 25,
        max_words: int | None = None,
        split_words: int | None = None,
        native_size: tuple[int, int] | None = None,
        join_prob: float = 0.0,
        jitter: float = 0.0,
        crop_pipeline: Sequence[dict[str, Any]] = (),
        with_image: bool = False,
        context_cache: str | None = None,
        data_root: str = '',
        **kwargs: Any,
    ) -> None:
        for name, value in (('max_words', max_words), ('split_words', split_words)):
            if value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1 word, or None, got {value}.')
        if not 0 <= join_prob <= 1:
            raise ValueError(f'join_prob must be in [0, 1], got {join_prob}.')
        self.rectifier = TASK_UTILS.build(rectifier)
        if not isinstance(charset, str):
            charset = ''.join(c for c in TASK_UTILS.build(charset).dict if len(c) == 1)
        self.charset = frozenset(charset)
        self.max_length = max_length
        self._left_out = LeftOutWords(self.charset, max_length)
        self.max_words = max_words
        self.split_words = split_words
        self.native_size = native_size
        self.join_prob = join_prob
        self.jitter = jitter
        self.crop_pipeline = Compose(list(crop_pipeline))
        self.with_image = with_image
        self.context_cache = None if context_cache is None else ContextCache(context_cache)
        super().__init__(ann_file=ann_file, data_root=data_root, **kwargs)

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Extract the words and the path of one entry of ``data_list``."""
        words, skipped = [], []
        for instance in raw_data_info['instances']:
            polygon = instance.get('polygon')
            if self._left_out.takes(instance['text'], instance.get('ignore', False)):
                words.append((polygon, instance['text']))
            elif polygon is not None:
                skipped.append(polygon)
        return {
            'img_path': str(Path(self.data_root or '') / raw_data_info['img_path']),
            'words': words,
            'skipped': skipped,
            # Only for word crops, which WidthBatchSampler groups by width.
            'width': None if _has_scene(words) else raw_data_info.get('width'),
        }

    def filter_data(self) -> list[dict]:
        """Remove images without usable words and split those with more than ``split_words``.

        The log contains the number of words that are left out, and examples, by reason.

        Raises:
            ValueError: If no word is left. The message contains the file and the reasons.
        """
        samples = [
            {**info, 'words': words}
            for info in self.data_list
            for words in _split(info['words'], self.split_words)
        ]
        if not samples:
            raise ValueError(
                f'{self.ann_file}: no word is left for training: '
                f'{str(self._left_out) or "the file contains no words"}'
            )
        if self._left_out.has_surprises:
            kept = sum(len(sample['words']) for sample in samples)
            print_log(
                f'{self.ann_file}: {kept:,} words are used. Words that are left out: '
                f'{self._left_out}',
                logger='current',
                level=logging.WARNING,
            )
        return samples

    def sample_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Number of words and number of images of each sample, (len(self),) int64 each."""
        counts = []
        for idx in range(len(self)):
            words = self.get_data_info(idx)['words']
            counts.append((min(len(words), self.max_words or len(words)), _has_scene(words)))
        sizes = np.array(counts, dtype=np.int64).reshape(-1, 2)
        return sizes[:, 0], sizes[:, 1]

    def prepare_data(self, idx: int) -> dict:
        """Load one sample; see the class for its keys."""
        info = self.get_data_info(idx)
        words, path = info['words'], info['img_path']
        has_scene = _has_scene(words)
        photo = read_photo(path, self.native_size if has_scene else None)
        whole = image_ring(*photo.image.shape[:2])
        located = [
            (whole if polygon is None else _ring(polygon) * photo.scale, text)
            for polygon, text in words
        ]
        chosen = np.arange(len(words))
        if self.max_words is not None and len(words) > self.max_words:
            chosen = np.random.choice(len(words), self.max_words, replace=False)
        if has_scene and self.join_prob > 0:
            skipped = [_ring(polygon) * photo.scale for polygon in info['skipped']]
            words = self._join_some(located, skipped, chosen)
        else:
            words = [located[i] for i in chosen]
        crops = self.rectifier(photo.image, [_jittered(ring, self.jitter) for ring, _ in words])
        crops = [self.crop_pipeline({'img': crop})['img'] for crop in crops]
        cache = self.context_cache if has_scene else None
        with_image = has_scene and self.with_image and cache is None
        return {
            'inputs': [torch.from_numpy(np.ascontiguousarray(c.transpose(2, 0, 1))) for c in crops],
            'data_samples': [
                _text_sample(text, path, crop) for (_, text), crop in zip(words, crops)
            ],
            'image': photo.image if with_image else None,
            'context_tokens': None if cache is None else cache.read(photo.key, path),
            'photo': photo.key if has_scene else None,
        }

    def _join_some(
        self, words: list[tuple[np.ndarray, str]], skipped: list[np.ndarray], chosen: np.ndarray
    ) -> list[tuple[np.ndarray, str]]:
        """The chosen words, some joined with the words that follow, up to a skipped word."""
        rings = [ring for ring, _ in words] + skipped
        even = [i for i, ring in enumerate(rings) if len(ring) % 2 == 0]
        follower = {
            even[i]: even[j]
            for i, j in enumerate(next_words([rings[i] for i in even]))
            if j is not None and even[j] < len(words)
        }
        joined = []
        for i in chosen.tolist():
            line, text = [i], words[i][1]
            while np.random.rand() < self.join_prob and line[-1] in follower:
                following = follower[line[-1]]
                longer = f'{text} {words[following][1]}'
                if following in line or len(longer) > self.max_length:
                    break
                line.append(following)
                text = longer
            ring = words[i][0] if len(line) == 1 else join_words([words[k][0] for k in line])
            joined.append((ring, text))
        return joined


def _has_scene(words: list[tuple[Any, str]]) -> bool:
    return bool(words) and words[0][0] is not None


def _split(words: list[Any], limit: int | None) -> list[list[Any]]:
    """Split ``words`` into parts of nearly equal size with at most ``limit`` words."""
    if not words or limit is None:
        return [words] if words else []
    parts = math.ceil(len(words) / limit)
    edges = [len(words) * i // parts for i in range(parts + 1)]
    return [words[start:end] for start, end in itertools.pairwise(edges)]


def _ring(polygon: Sequence[float]) -> np.ndarray:
    return np.asarray(polygon, dtype=np.float32).reshape(-1, 2)


def _jittered(ring: np.ndarray, jitter: float) -> np.ndarray:
    """Move the corners as a detector would: grow or shrink the word, and move each point."""
    if jitter <= 0 or len(ring) % 2:  # an odd number of points does not define two sides
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


def _text_sample(text: str, path: str, crop: np.ndarray) -> TextRecogDataSample:
    sample = TextRecogDataSample(gt_text=LabelData(item=text))
    sample.set_metainfo({'valid_ratio': 1.0, 'img_path': path, 'img_shape': crop.shape[:2]})
    return sample
