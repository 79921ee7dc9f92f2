"""Retrieval of an image's own words among the words of other images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from pipeline.registry import METRICS


@METRICS.register_module()
class CaptionRetrievalMetric(BaseMetric):
    """How often an image's own text is the most similar one among the texts of a gallery.

    A gallery contains the text of the image and those of other images, drawn at random. Each image
    gets several galleries, and its result is the mean. Of equally similar texts the own one has the
    mean rank. The intervals are percentiles of a bootstrap over the images.

    Args:
        gallery: Number of texts in a gallery.
        draws: Number of galleries per image.
        seed: Random seed of the galleries and of the bootstrap.
    """

    default_prefix = 'retrieval'

    def __init__(self, gallery: int = 50, draws: int = 200, seed: int = 0) -> None:
        super().__init__()
        self.gallery = gallery
        self.draws = draws
        self.seed = seed

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Collect the embeddings of a batch."""
        for sample in data_samples:
            self.results.append(
                (
                    sample['image_embedding'].float().cpu().numpy(),
                    sample['text_embedding'].float().cpu().numpy(),
                )
            )

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """Shares of images whose text is first or among the first five, with intervals.

        Raises:
            ValueError: If there are fewer images than texts in a gallery.
        """
        images, texts = (np.stack(part) for part in zip(*results))
        ranks = gallery_ranks(images @ texts.T, self.gallery, self.draws, self.seed)
        metrics = {'images': float(len(ranks)), 'chance_top1': 1 / self.gallery}
        rng = np.random.default_rng(self.seed)
        for name, hits in (('top1', ranks < 1), ('top5', ranks < 5)):
            per_image = hits.mean(1)
            drawn = rng.integers(0, len(per_image), (1000, len(per_image)))
            low, high = np.percentile(per_image[drawn].mean(1), [2.5, 97.5])
            metrics |= {name: per_image.mean(), f'{name}_low': low, f'{name}_high': high}
        metrics['mean_rank'] = float(ranks.mean() + 1)
        return {name: round(float(value), 4) for name, value in metrics.items()}


def gallery_ranks(similarity: np.ndarray, gallery: int, draws: int, seed: int) -> np.ndarray:
    """Ranks of the own texts in random galleries.

    Args:
        similarity: (N, N), of image i and text j; text i belongs to image i.
        gallery: Number of texts in a gallery, including the own text.
        draws: Number of galleries per image.
        seed: Random seed.

    Returns:
        (N, draws) float ranks from 0; equal similarities share their mean rank.

    Raises:
        ValueError: If there are fewer than ``gallery`` images.
    """
    total = len(similarity)
    if total < gallery:
        raise ValueError(f'a gallery of {gallery} texts requires as many images, got {total}.')
    rng = np.random.default_rng(seed)
    ranks = np.empty((total, draws))
    for image, row in enumerate(similarity):
        others = np.delete(np.arange(total), image)
        for draw in range(draws):
            chosen = row[rng.choice(others, gallery - 1, replace=False)]
            ranks[image, draw] = (chosen > row[image]).sum() + (chosen == row[image]).sum() / 2
    return ranks
