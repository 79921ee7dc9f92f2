"""Data set whose samples are images with their words."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from pipeline.clipter.cache.context_cache import ContextCache
from pipeline.datasets.left_out_words import LeftOutWords
from pipeline.datasets.scene_photo import Scene
from pipeline.datasets.transforms.merge_words import SampleWords
from pipeline.datasets.transforms.pack_scene_words import PackSceneWords
from pipeline.registry import DATASETS, TASK_UTILS, TRANSFORMS


@DATASETS.register_module()
class SceneWordsDataset(BaseDataset):
    """Images with all their words, for recognizers.

    Reads MMOCR JSON. An instance with a ``polygon`` is a word of the image ``img_path``. An
    instance without a polygon means that the whole image is a word crop. The scene of a crop is the
    entry's ``scene``, which ``clipter cut-words`` writes; a crop without this entry has no scene.
    Ignored words, words longer than ``max_length`` and words with characters outside ``charset``
    are left out. Their number and examples are logged, by reason.

    The pipeline gets a dict with these keys:

    - img_path: path of the image.
    - has_scene: whether the words have polygons; False for word crops.
    - scene: :class:`Scene` that a word crop was cut from, or None.
    - gt_polygons: polygon of each word, (2 K,) float32, or None.
    - gt_texts: text of each word.
    - gt_ignored: (N,) bool. True for words that are left out. They stay in the sample, so that
      ``MergeWords`` does not merge words across them.
    - width: width of a word crop in pixels, if the annotation contains it.

    A pipeline starts with ``LoadSceneImage`` and ends with ``CutWords`` and ``PackSceneWords``.
    Transforms of MMCV and MMOCR that use the keys ``img`` and ``gt_polygons`` fit between them, if
    they keep the first point of each polygon, which is the top-left of the first character. This
    holds for ``RandomRotate(use_canvas=True)`` and ``Resize(clip_object_border=False)``.
    Transforms of crops fit in ``TransformCrops``. ``collate_scene_words`` collates the samples,
    and ``WordBatchSampler`` limits the words per batch.

    Args:
        ann_file: Path of the JSON, relative to ``data_root``.
        charset: All characters of the recognizer, or config of its dictionary.
        max_length: Maximum number of characters of a text.
        split_words: Maximum number of words per sample. An image with more words becomes several
            samples, each with the image. This limits the memory without leaving words out.
        pipeline: Transforms or their configs, in order.
        data_root: Folder of the JSON and of the images.
        **kwargs: Other arguments of MMEngine's ``BaseDataset``.

    Raises:
        ValueError: If ``split_words`` is below 1, or if the file contains no usable word.
    """

    def __init__(
        self,
        ann_file: str,
        charset: str | dict[str, Any],
        max_length: int = 25,
        split_words: int | None = None,
        pipeline: Sequence[dict[str, Any] | Callable[[dict], dict | None]] = (),
        data_root: str = '',
        **kwargs: Any,
    ) -> None:
        if split_words is not None and split_words < 1:
            raise ValueError(f'split_words must be at least 1 word, or None, got {split_words}.')
        if not isinstance(charset, str):
            charset = ''.join(c for c in TASK_UTILS.build(charset).dict if len(c) == 1)
        self.charset = frozenset(charset)
        self.max_length = max_length
        self.split_words = split_words
        self._left_out = LeftOutWords(self.charset, max_length)
        # Built here, so that the transforms are found without a default scope.
        built = [TRANSFORMS.build(each) if isinstance(each, dict) else each for each in pipeline]
        super().__init__(ann_file=ann_file, data_root=data_root, pipeline=built, **kwargs)

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Extract the words and the path of one entry of ``data_list``."""
        polygons, texts, ignored = [], [], []
        for instance in raw_data_info['instances']:
            polygon = instance.get('polygon')
            used = self._left_out.takes(instance['text'], instance.get('ignore', False))
            if used or polygon is not None:
                polygons.append(None if polygon is None else np.array(polygon, dtype=np.float32))
                texts.append(instance['text'])
                ignored.append(not used)
        has_scene = any(polygon is not None for polygon in polygons)
        root, cut = Path(self.data_root or ''), raw_data_info.get('scene')
        scene = None
        if cut is not None and not has_scene:
            scene = Scene(str(root / cut['img_path']), cut['native_size'], cut['key'])
        return {
            'img_path': str(root / raw_data_info['img_path']),
            'has_scene': has_scene,
            'scene': scene,
            'gt_polygons': polygons,
            'gt_texts': texts,
            'gt_ignored': np.array(ignored, dtype=bool),
            # Only for word crops, which WidthBatchSampler groups by width.
            'width': None if has_scene else raw_data_info.get('width'),
        }

    def filter_data(self) -> list[dict]:
        """Remove images without usable words and split those with more than ``split_words``.

        The log contains the number of words that are left out, and examples, by reason.

        Raises:
            ValueError: If no word is left. The message contains the file and the reasons.
        """
        samples = [
            {**info, 'gt_ignored': ignored}
            for info in self.data_list
            for ignored in _split(info['gt_ignored'], self.split_words)
        ]
        if not samples:
            raise ValueError(
                f'{self.ann_file}: no word is left for training: '
                f'{str(self._left_out) or "the file contains no words"}'
            )
        if self._left_out.has_surprises:
            kept = sum(int((~sample['gt_ignored']).sum()) for sample in samples)
            print_log(
                f'{self.ann_file}: {kept:,} words are used. Words that are left out: '
                f'{self._left_out}',
                logger='current',
                level=logging.WARNING,
            )
        return samples

    @property
    def context_cache(self) -> ContextCache | None:
        """The cache of scene tokens that ``PackSceneWords`` reads, or None."""
        packs = [each for each in self.pipeline.transforms if isinstance(each, PackSceneWords)]
        return packs[-1].context_cache if packs else None

    def sample_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Number of words and number of images of each sample, (len(self),) int64 each.

        ``SampleWords`` is considered. Another transform that drops words makes samples smaller.
        """
        limits = [
            each.max_words for each in self.pipeline.transforms if isinstance(each, SampleWords)
        ]
        counts = []
        for idx in range(len(self)):
            info = self.get_data_info(idx)
            words = int((~info['gt_ignored']).sum())
            has_image = info['has_scene'] or info['scene'] is not None
            counts.append((min([words, *limits]), has_image))
        sizes = np.array(counts, dtype=np.int64).reshape(-1, 2)
        return sizes[:, 0], sizes[:, 1]


def _split(ignored: np.ndarray, limit: int | None) -> Iterator[np.ndarray]:
    """Masks of the ignored words of samples with at most ``limit`` words, of nearly equal size."""
    used = np.flatnonzero(~ignored)
    if not len(used):
        return
    parts = 1 if limit is None else math.ceil(len(used) / limit)
    edges = [len(used) * i // parts for i in range(parts + 1)]
    for start, end in itertools.pairwise(edges):
        part = np.ones_like(ignored)
        part[used[start:end]] = False
        yield part
