"""Words of the most similar training images: the baseline of retrieval without a text tower."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.clipter.pretraining.clip_pretrainer import ClipPretrainer
from pipeline.clipter.pretraining.frozen_features import set_frozen_features
from pipeline.registry import DATASETS, MODELS


@MODELS.register_module()
class NearestWords(ClipPretrainer):
    """Scores texts by the words of the training images whose pooled features are nearest.

    Nothing is trained. The embedding of a text is its bag of words, weighted by the inverse
    document frequency in the training images. The embedding of an image is the sum of the bags of
    its nearest training images, weighted by their cosine similarity. So the similarity of an image
    and a text is the share of words that the text has in common with the nearest images.

    Args:
        photos: Config of the data set of training images.
        neighbors: Number of nearest images.
        features_dir: Folder of the frozen features; see :func:`set_frozen_features`.
        weights: As in :class:`ClipPretrainer`.
    """

    def __init__(
        self, photos: dict[str, Any], neighbors: int, features_dir: str, weights: str | None
    ) -> None:
        super().__init__(weights, trained_stages=0)
        self.photos = photos
        self.neighbors = neighbors
        self.features_dir = features_dir
        self.init_weights()
        self._fitted: tuple[Tensor, Tensor] | None = None

    def _embed(self, inputs: Tensor, texts: list[str]) -> tuple[Tensor, Tensor]:
        if self._fitted is None:
            self._fitted = self._fit()
        features, bags = self._fitted
        similarity = self._normed(inputs) @ features.T
        weights, nearest = similarity.topk(min(self.neighbors, len(features)))
        images = (weights[..., None] * bags[nearest]).sum(1)
        return F.normalize(images, dim=-1), self._bags(texts)

    @torch.no_grad()
    def _normed(self, inputs: Tensor) -> Tensor:
        return F.normalize(self.pooled_features(inputs), dim=-1)

    def _fit(self) -> tuple[Tensor, Tensor]:
        """Features (M, C) and bags of words (M, V) of the training images."""
        dataset = DATASETS.build(self.photos)
        set_frozen_features(self, dataset, self.features_dir)
        samples = [dataset[number] for number in range(len(dataset))]
        captions = [sample['caption'] for sample in samples]
        documents = Counter(word for caption in captions for word in _words(caption))
        self._index = {word: number for number, word in enumerate(documents)}
        counts = torch.tensor([float(count) for count in documents.values()])
        self._idf = torch.log(len(captions) / counts) + 1
        features = [self._normed(torch.stack(batch)) for batch in _batches(samples)]
        return torch.cat(features), self._bags(captions)

    def _bags(self, texts: Sequence[str]) -> Tensor:
        """(N, V) weighted bags of words of norm 1; unknown words are left out."""
        bags = torch.zeros(len(texts), len(self._index))
        for bag, text in zip(bags, texts):
            known = [self._index[word] for word in _words(text) if word in self._index]
            bag[known] = self._idf[known]
        return F.normalize(bags, dim=-1)


def _words(text: str) -> set[str]:
    return set(text.lower().split())


def _batches(samples: Sequence[dict[str, Any]], size: int = 64) -> Iterable[list[Tensor]]:
    for start in range(0, len(samples), size):
        yield [sample['inputs'] for sample in samples[start : start + size]]
