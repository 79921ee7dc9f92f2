"""Run by torchrun: ``tools/train.py``, each process keeping its weights and the words it met."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from tool_modules import load_tool

from pipeline.registry import HOOKS


@HOOKS.register_module()
class KeepHook(Hook):
    """Writes ``rank<N>.pth``: the weights at the end, and photos of each batch."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / f'rank{get_rank()}.pth'
        self.batches: list[dict[str, Any]] = []

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        paths = [sample.img_path for sample in data_batch['data_samples']]
        self.batches.append({'paths': paths, 'photos': len(data_batch.get('images', []))})

    def after_train(self, runner: Any) -> None:
        weights = runner.model.module.state_dict()
        torch.save({'weights': weights, 'batches': self.batches}, self.path)


if __name__ == '__main__':
    sys.exit(load_tool('train').main(sys.argv[1:]))
