"""Data sets, samplers, converters, transforms and the generator of synthetic scenes."""

import pipeline.compat
import pipeline.rectification  # noqa: F401  registers the Rectifier that data sets build
from pipeline.datasets import transforms as _transforms  # noqa: F401
from pipeline.datasets.collate import collate_scene_words
from pipeline.datasets.photo_captions_dataset import PhotoCaptionsDataset
from pipeline.datasets.scene_words_dataset import SceneWordsDataset
from pipeline.datasets.width_batches import WidthBatchSampler
from pipeline.datasets.word_batches import WordBatchSampler

__all__ = [
    'PhotoCaptionsDataset',
    'SceneWordsDataset',
    'WidthBatchSampler',
    'WordBatchSampler',
    'collate_scene_words',
]
