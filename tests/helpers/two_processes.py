"""Run by torchrun: ``clipter train``; each process saves its weights and its words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook

from pipeline.cli import train
from pipeline.registry import HOOKS, METRICS


@METRICS.register_module()
class WordsMetric(BaseMetric):
    """The gt texts that an evaluation has met."""

    default_prefix = 'met'

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results.extend(sample['gt_text']['item'] for sample in data_samples)

    def compute_metrics(self, results: list[str]) -> dict[str, str]:
        return {'words': ''.join(sorted(results))}


@HOOKS.register_module()
class KeepHook(Hook):
    """Writes ``rank<N>.pth``: the weights, the images of each batch, the scores."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / f'rank{get_rank()}.pth'
        self.batches: list[dict[str, Any]] = []
        self.metrics: dict[str, Any] | None = None

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        paths = [sample.img_path for sample in data_batch['data_samples']]
        self.batches.append({'paths': paths, 'photos': len(data_batch.get('images', []))})

    def after_val_epoch(self, runner: Any, metrics: dict[str, Any] | None = None) -> None:
        self.metrics = metrics

    def after_train(self, runner: Any) -> None:
        weights = runner.model.module.state_dict()
        kept = {'weights': weights, 'batches': self.batches, 'metrics': self.metrics}
        torch.save(kept, self.path)


if __name__ == '__main__':
    sys.exit(train.main(sys.argv[1:]))
