"""RestoreNormsHook: batch norms get the statistics of training batches before a run."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from mmengine.dataset import InfiniteSampler
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from pipeline.engine import RestoreNormsHook


class Model(nn.Sequential):
    """A batch norm without statistics, as from folded weights, and a layer after it."""

    def __init__(self) -> None:
        super().__init__(nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1))
        self.data_preprocessor = lambda batch, training: batch

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return super().forward(inputs)


def make_runner(iteration: int = 0) -> SimpleNamespace:
    generator = torch.Generator().manual_seed(0)
    batches = [
        {'inputs': 3 + 2 * torch.randn(4, 2, 8, 8, generator=generator), 'data_samples': None}
        for _ in range(5)
    ]
    return SimpleNamespace(
        model=Model(),
        train_dataloader=batches,
        cfg=SimpleNamespace(train_dataloader=batches),
        build_dataloader=lambda loader, seed: loader,
        seed=0,
        iter=iteration,
        max_iters=1000,
        logger=SimpleNamespace(info=lambda text: None),
    )


def test_restore_norms_hook_sets_statistics_and_keeps_the_function() -> None:
    runner = make_runner()
    images = runner.train_dataloader[4]['inputs']
    before = runner.model.eval()(images)
    RestoreNormsHook(num_batches=4).before_train(runner)
    norm = runner.model[0]
    seen = torch.cat([batch['inputs'] for batch in runner.train_dataloader[:4]])
    torch.testing.assert_close(norm.running_mean, seen.mean((0, 2, 3)), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(norm.weight.detach(), seen.std((0, 2, 3)), rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(runner.model.eval()(images), before, rtol=1e-4, atol=1e-4)


def test_restore_norms_hook_reads_no_more_batches_than_the_run() -> None:
    runner, lines = make_runner(), []
    runner.max_iters = 2
    runner.logger.info = lines.append
    RestoreNormsHook(num_batches=4).before_train(runner)
    assert lines[-1] == 'statistics of 1 batch norms from 2 batches'


def test_restore_norms_hook_does_not_change_a_resumed_run() -> None:
    runner = make_runner(iteration=100)
    RestoreNormsHook().before_train(runner)
    assert runner.model[0].running_mean.tolist() == [0, 0]


def test_restore_norms_hook_uses_its_own_sampler() -> None:
    images = [
        {'inputs': torch.full((2, 4, 4), float(index)), 'data_samples': 0} for index in range(6)
    ]
    config = dict(
        dataset=images,
        batch_size=2,
        num_workers=0,
        sampler=dict(type='InfiniteSampler'),
        collate_fn=dict(type='default_collate'),
    )
    runner = make_runner()
    runner.build_dataloader = Runner.build_dataloader
    runner.cfg.train_dataloader = config
    runner.train_dataloader = DataLoader(images, batch_size=2, sampler=InfiniteSampler(images))
    loop_iterator = iter(runner.train_dataloader)
    RestoreNormsHook(num_batches=2).before_train(runner)
    assert len(next(loop_iterator)['inputs']) == 2
    assert len(next(iter(runner.train_dataloader))['inputs']) == 2
