"""Contrastive training of a small CLIP, whose image tower is a context encoder."""

import pipeline.compat  # noqa: F401  makes MMOCR importable
from pipeline.clipter.pretraining.clip_pretrainer import ClipPretrainer
from pipeline.clipter.pretraining.nearest_words import NearestWords

__all__ = ['ClipPretrainer', 'NearestWords']
