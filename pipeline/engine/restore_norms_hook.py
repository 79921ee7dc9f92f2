"""Restores batch norms for fine-tuning weights that were published with folded batch norms."""

from __future__ import annotations

from itertools import islice

import torch.distributed
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from tqdm import tqdm

from pipeline.backbones import restore_norms
from pipeline.registry import HOOKS


@HOOKS.register_module()
class RestoreNormsHook(Hook):
    """Sets the statistics of the model's batch norms from training batches before a run.

    The model's function in evaluation mode does not change, so weights that were trained with batch
    norm can be loaded too. Resumed runs are not changed. In a distributed run all processes get the
    statistics of the first process.

    Args:
        num_batches: Number of training batches; at most as many as the run has iterations.
    """

    def __init__(self, num_batches: int = 30) -> None:
        self.num_batches = num_batches

    def before_train(self, runner: Runner) -> None:
        """Measure and set the statistics."""
        if runner.iter > 0:
            return
        model = runner.model
        if is_model_wrapper(model):
            model = model.module

        def run(batch: dict) -> None:
            data = model.data_preprocessor(batch, False)
            model(data['inputs'], data['data_samples'], mode='tensor')

        number = min(self.num_batches, runner.max_iters)
        runner.logger.info(
            f'measures the statistics of batch norms in {number} batches before the first iteration'
        )
        # A separate dataloader, because MMEngine's InfiniteSampler supports only one iterator.
        loader = runner.build_dataloader(runner.cfg.train_dataloader, seed=runner.seed)
        batches = list(islice(loader, number))
        del loader  # stops its workers
        progress = tqdm(batches, 'batch norms', unit='batch', leave=False, disable=None)
        count = restore_norms(model, progress, run)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            for value in model.state_dict().values():
                torch.distributed.broadcast(value, src=0)
        runner.logger.info(f'statistics of {count} batch norms from {len(batches)} batches')
