from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.evaluation import CaptionRetrievalMetric
from pipeline.evaluation.caption_retrieval import gallery_ranks


def evaluate(images: torch.Tensor, texts: torch.Tensor, **options) -> dict[str, float]:
    metric = CaptionRetrievalMetric(**options)
    pairs = zip(images, texts)
    metric.process({}, [{'image_embedding': i, 'text_embedding': t} for i, t in pairs])
    return metric.compute_metrics(metric.results)


def test_own_text_is_first_where_embeddings_are_equal():
    found = evaluate(torch.eye(60), torch.eye(60), gallery=50, draws=5)
    assert found['top1'] == found['top1_low'] == found['top5'] == 1
    assert found['mean_rank'] == 1 and found['chance_top1'] == 0.02


def test_equal_similarities_have_the_mean_rank():
    ranks = gallery_ranks(np.ones((10, 10)), gallery=5, draws=3, seed=0)
    assert (ranks == 2).all()


def test_random_embeddings_are_at_chance():
    generator = torch.Generator().manual_seed(0)
    images, texts = (torch.randn(400, 16, generator=generator) for _ in range(2))
    found = evaluate(images, texts, gallery=10, draws=20)
    assert found['top1_low'] <= 0.1 <= found['top1_high']
    assert found['mean_rank'] == pytest.approx(5.5, abs=0.5)


def test_gallery_larger_than_the_set_is_an_error():
    with pytest.raises(ValueError, match='a gallery of 50 texts requires as many images, got 3'):
        evaluate(torch.eye(3), torch.eye(3))
