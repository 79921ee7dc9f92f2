"""Batches of crops of the same width."""

from __future__ import annotations

import itertools
import json
from typing import Any

import cv2
import numpy as np
import pytest
from mmengine.dataset import InfiniteSampler
from mmengine.registry import DefaultScope

from pipeline.datasets import SceneWordsDataset, WidthBatchSampler
from pipeline.registry import DATASETS

CROPS = dict(
    type='SceneWordsDataset',
    ann_file='textrecog.json',
    charset='a',
    pipeline=[
        dict(type='LoadSceneImage'),
        dict(type='CutWords', rectifier=dict(type='Rectifier', size=(48, (32, 64, 128, 480)))),
        dict(type='PackSceneWords'),
    ],
)
WIDTHS = (32, 64, 64, 128, 32, 64, 480, 32, 128, 64)


def make_dataset(folder, widths=WIDTHS, with_width: bool = True) -> SceneWordsDataset:
    """Crops as ``tools/cut_words.py`` writes them."""
    data_list: list[dict[str, Any]] = []
    for i, width in enumerate(widths):
        cv2.imwrite(str(folder / f'{i}.png'), np.full((48, width, 3), 20 * i, np.uint8))
        entry: dict[str, Any] = {'img_path': f'{i}.png', 'instances': [{'text': 'a' * (i + 1)}]}
        data_list.append({**entry, 'height': 48, 'width': width} if with_width else entry)
    (folder / 'textrecog.json').write_text(json.dumps({'metainfo': {}, 'data_list': data_list}))
    return DATASETS.build(dict(CROPS, data_root=str(folder)))


def test_width_batch_sampler_batches_have_one_width(tmp_path) -> None:
    dataset = make_dataset(tmp_path)
    sampler = WidthBatchSampler(InfiniteSampler(dataset, seed=1), batch_size=4, at_width=64)
    for batch in itertools.islice(sampler, 40):
        widths = {WIDTHS[index] for index in batch}
        assert len(widths) == 1
        assert len(batch) == max(1, 4 * 64 // widths.pop())
        crops = [dataset[index]['inputs'][0] for index in batch]
        assert len({crop.shape for crop in crops}) == 1


def test_width_batch_sampler_uses_all_samples_equally(tmp_path) -> None:
    dataset = make_dataset(tmp_path)
    sampler = WidthBatchSampler(InfiniteSampler(dataset, seed=1), batch_size=2, at_width=64)
    drawn = [index for batch in itertools.islice(sampler, 400) for index in batch]
    counts = np.bincount(drawn, minlength=len(WIDTHS))
    assert counts.max() - counts.min() <= 4


def test_width_batch_sampler_follows_the_seed(tmp_path) -> None:
    dataset = make_dataset(tmp_path)

    def draw(seed: int) -> list[list[int]]:
        sampler = InfiniteSampler(dataset, seed=seed)
        return list(itertools.islice(WidthBatchSampler(sampler, batch_size=2), 20))

    assert draw(1) == draw(1) != draw(2)


def test_width_batch_sampler_counts_joined_and_repeated_sets(tmp_path) -> None:
    make_dataset(tmp_path)
    words = dict(CROPS, data_root=str(tmp_path))
    repeated = dict(type='RepeatDataset', dataset=words, times=2)
    with DefaultScope.overwrite_default_scope('mmocr'):
        joined = DATASETS.build(dict(type='ConcatDataset', datasets=[repeated, words]))
    sampler = WidthBatchSampler(InfiniteSampler(joined), batch_size=2)
    assert sampler.widths.tolist() == list(WIDTHS) * 3


def test_width_batch_sampler_names_a_sample_without_width(tmp_path) -> None:
    dataset = make_dataset(tmp_path, with_width=False)
    with pytest.raises(ValueError, match='no width for sample 0: cut the words with'):
        WidthBatchSampler(InfiniteSampler(dataset), batch_size=2)


def test_width_batch_sampler_rejects_sizes_below_one(tmp_path) -> None:
    with pytest.raises(ValueError, match='must be positive, got 0, 128 and 64'):
        WidthBatchSampler(InfiniteSampler(make_dataset(tmp_path)), batch_size=0)
