"""Data sets, samplers, converters, transforms and the generator of synthetic scenes."""

from pipeline.datasets import transforms as _transforms  # noqa: F401
from pipeline.datasets.collate import collate_scene_words
from pipeline.datasets.scene_words_dataset import SceneWordsDataset
from pipeline.datasets.width_batches import WidthBatchSampler
from pipeline.datasets.word_batches import WordBatchSampler

__all__ = [
    'SceneWordsDataset',
    'WidthBatchSampler',
    'WordBatchSampler',
    'collate_scene_words',
]
