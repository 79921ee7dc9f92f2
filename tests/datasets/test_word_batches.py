"""WordBatchSampler: limits per batch, contents of an epoch, distributed ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mmengine.dataset import ConcatDataset, DefaultSampler, InfiniteSampler, RepeatDataset
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from toy_scenes import BOXES, CHARSET, draw_scenes, instance, scene_pipeline, write_set
from toy_spotter import draw_photo

from pipeline.datasets import SceneWordsDataset, WordBatchSampler, collate_scene_words
from pipeline.datasets.word_batches import sample_sizes

SIZES = [3, 1, 8, 2, 5, 4, 1, 7, 2, 2, 6, 3, 1]


class Photos:
    """Samples that consist only of a number of words."""

    def __init__(self, words: list[int], photos: list[int] | None = None) -> None:
        self.words = words
        self.photos = photos if photos is not None else [1] * len(words)

    def __len__(self) -> int:
        return len(self.words)

    def sample_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.words), np.array(self.photos)


def finite(dataset: Any, rank: int = 0, world_size: int = 1, **options: Any) -> DefaultSampler:
    sampler = DefaultSampler(dataset, seed=1, **options)
    sampler.rank, sampler.world_size = rank, world_size
    return sampler


def endless(dataset: Any, rank: int = 0, world_size: int = 1) -> InfiniteSampler:
    sampler = InfiniteSampler(dataset, seed=1)
    sampler.rank, sampler.world_size = rank, world_size
    return sampler


def take(batches: Any, count: int) -> list[list[int]]:
    stream = iter(batches)
    return [next(stream) for _ in range(count)]


def test_word_batches_have_at_most_max_words():
    batches = list(WordBatchSampler(finite(Photos(SIZES)), batch_size=100, max_words=9))
    assert all(sum(SIZES[i] for i in batch) <= 9 for batch in batches)
    assert len(batches) < len(SIZES)  # several images share a batch


def test_word_batches_limit_images_but_not_word_crops():
    photos = Photos([1] * 10, [1] * 5 + [0] * 5)
    batches = list(WordBatchSampler(finite(photos, shuffle=False), batch_size=2, max_words=100))
    assert batches == [[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]]


def test_word_batches_contain_every_sample_once_per_epoch():
    sampler = finite(Photos(SIZES))
    batches = WordBatchSampler(sampler, batch_size=100, max_words=9)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        assert sorted(i for batch in batches for i in batch) == list(range(len(SIZES)))


def test_word_batches_are_shuffled_by_seed_and_epoch():
    sampler = finite(Photos(SIZES))
    batches = WordBatchSampler(sampler, batch_size=100, max_words=9)
    first, again = list(batches), list(batches)
    sampler.set_epoch(1)
    assert first == again != list(batches)


def test_word_batch_sampler_length_is_that_of_the_epoch():
    for world_size in (1, 2, 3):
        for rank in range(world_size):
            batches = WordBatchSampler(finite(Photos(SIZES), rank, world_size), 100, 9)
            assert len(batches) == len(list(batches))


@pytest.mark.parametrize('world_size', [2, 3])
def test_word_batches_are_split_evenly_over_ranks(world_size):
    ranks = [
        list(WordBatchSampler(finite(Photos(SIZES), rank, world_size), 100, 9))
        for rank in range(world_size)
    ]
    assert len({len(batches) for batches in ranks}) == 1
    assert {i for batches in ranks for batch in batches for i in batch} == set(range(len(SIZES)))


def test_word_batches_without_round_up_repeat_nothing():
    ranks = [
        list(WordBatchSampler(finite(Photos(SIZES), rank, 2, round_up=False), 100, 9))
        for rank in range(2)
    ]
    seen = [i for batches in ranks for batch in batches for i in batch]
    assert sorted(seen) == list(range(len(SIZES)))


def test_endless_word_batches_have_every_sample_once_per_pass():
    batches = WordBatchSampler(endless(Photos(SIZES)), 100, 9)
    seen = [i for batch in take(batches, 40) for i in batch]
    count = len(SIZES)
    for start in range(0, len(seen) - count, count):
        assert sorted(seen[start : start + count]) == list(range(count))


def test_endless_word_batches_share_one_order_over_ranks():
    alone = take(WordBatchSampler(endless(Photos(SIZES)), 100, 9), 20)
    ranks = [take(WordBatchSampler(endless(Photos(SIZES), r, 2), 100, 9), 10) for r in range(2)]
    assert [batch for pair in zip(*ranks) for batch in pair] == alone


def test_endless_word_batches_continue_with_a_new_loader():
    batches = WordBatchSampler(endless(Photos(SIZES)), 100, 9)
    alone = take(WordBatchSampler(endless(Photos(SIZES)), 100, 9), 6)
    assert take(batches, 3) + take(batches, 3) == alone


def test_word_batch_sampler_suggests_split_words():
    with pytest.raises(ValueError, match='split_words=7'):
        WordBatchSampler(finite(Photos(SIZES)), batch_size=8, max_words=7)


@pytest.mark.parametrize('limits', [(0, 5), (5, 0)])
def test_word_batch_sampler_rejects_limits_below_one(limits):
    with pytest.raises(ValueError, match='at least 1'):
        WordBatchSampler(finite(Photos([1])), *limits)


def test_sample_sizes_of_concatenated_and_repeated_sets():
    crops = [0] * 3  # as a set of MMOCR's: one word a sample, and no image
    words, photos = sample_sizes(_joined([Photos([2, 3]), _Repeated(Photos([4]), 2), crops]))
    assert words.tolist() == [2, 3, 4, 4, 1, 1, 1]
    assert photos.tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_sample_sizes_rejects_other_wrappers():
    class Sliced(Photos):
        dataset = Photos([1])
        sample_sizes = property()  # type: ignore[assignment]

    with pytest.raises(ValueError, match='Sliced'):
        sample_sizes(Sliced([1]))


class _Repeated(RepeatDataset):
    def __init__(self, dataset: Any, times: int) -> None:
        self.dataset, self.times = dataset, times


def _joined(datasets: list[Any]) -> ConcatDataset:
    joined = ConcatDataset.__new__(ConcatDataset)
    joined.datasets = datasets
    return joined


# Samples of the real data set


def make(root: Any, *transforms: dict, **options: Any) -> SceneWordsDataset:
    return SceneWordsDataset(
        ann_file='annotation.json', data_root=str(root), charset=CHARSET, serialize_data=False,
        pipeline=scene_pipeline(*transforms, with_image=True), **options,
    )  # fmt: skip


@pytest.fixture
def crowd(tmp_path):
    """An image with 200 words of different texts."""
    texts = [a + b for a in CHARSET[:20] for b in CHARSET[:10]]
    words = [instance(text, BOXES['a']) for text in texts]
    return write_set(
        tmp_path, [{'img_path': 'crowd.png', 'instances': words}], {'crowd.png': draw_photo()}
    )


def test_split_words_keeps_all_words_of_a_crowded_image(crowd):
    dataset = make(crowd, split_words=64)
    assert sample_sizes(dataset)[0].tolist() == [50] * 4
    assert sample_sizes(dataset)[1].tolist() == [1] * 4
    texts = [s.gt_text.item for i in range(4) for s in dataset[i]['data_samples']]
    assert len(set(texts)) == 200
    batches = list(WordBatchSampler(finite(dataset), batch_size=8, max_words=64))
    assert [len(batch) for batch in batches] == [1, 1, 1, 1]


def test_collate_shares_the_image_of_split_samples(crowd):
    dataset = make(crowd, split_words=64)
    batch = collate_scene_words([dataset[0], dataset[1]])
    assert len(batch['images']) == 1
    assert batch['image_index'].tolist() == [0] * 100


def test_sample_sizes_counts_sampled_words(crowd):
    sampled = make(crowd, {'type': 'SampleWords', 'max_words': 16})
    assert sample_sizes(sampled)[0].tolist() == [len(sampled[0]['inputs'])] == [16]
    assert len(make(crowd)[0]['inputs']) == 200


def test_runner_builds_a_loader_with_word_batches(tmp_path):
    root = draw_scenes(tmp_path, count=6)  # 1, 2, 3, 1, 2, 3 words
    config = {
        'batch_size': 4,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': True},
        'batch_sampler': {'type': 'WordBatchSampler', 'max_words': 4},
        'collate_fn': {'type': 'collate_scene_words'},
        'dataset': make(root),
    }
    with DefaultScope.overwrite_default_scope('mmocr'):
        loader = Runner.build_dataloader(config, seed=0)
    batches = list(loader)
    assert max(len(batch['inputs']) for batch in batches) <= 4
    assert sum(len(batch['inputs']) for batch in batches) == 12
    assert sum(len(batch['images']) for batch in batches) == 6
