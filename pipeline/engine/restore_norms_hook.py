"""Batch norms for fine-tuning weights that were published with folded ones."""

from __future__ import annotations

from itertools import islice

from mmengine.hooks import Hook
from mmengine.runner import Runner

from pipeline.backbones import restore_norms
from pipeline.registry import HOOKS


@HOOKS.register_module()
class RestoreNormsHook(Hook):
    """Gives the model's batch norms the statistics of training batches before a run.

    A resumed run, and weights that were trained with batch norm, are left as they are.

    Args:
        num_batches: Number of training batches.
    """

    priority = 'VERY_HIGH'  # before the hook that copies the weights for their average

    def __init__(self, num_batches: int = 30) -> None:
        self.num_batches = num_batches

    def before_train(self, runner: Runner) -> None:
        """Measure the statistics and set them."""
        if runner.iter > 0:
            return
        model = runner.model
        batches = islice(iter(runner.train_dataloader), self.num_batches)

        def run(batch: dict) -> None:
            data = model.data_preprocessor(batch, False)
            model(data['inputs'], data['data_samples'], mode='tensor')

        count = restore_norms(model, batches, run)
        runner.logger.info(f'statistics of {count} batch norms from {self.num_batches} batches')
