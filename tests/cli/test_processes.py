"""Process groups of processes that share GPUs."""

from __future__ import annotations

import os

import pytest
import torch
from mmengine.config import Config

from pipeline.cli.processes import join_processes


@pytest.fixture
def started(monkeypatch):
    """Start as rank 5 of eight on a machine with a number of GPUs; returns the run's config."""

    def start(gpus: int) -> Config:
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
        monkeypatch.setattr(torch.cuda, 'device_count', lambda: gpus)
        for name, value in {
            'RANK': 5, 'WORLD_SIZE': 8, 'LOCAL_RANK': 5, 'LOCAL_WORLD_SIZE': 8,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, str(value))
        config = Config(dict(env_cfg=dict(dist_cfg=dict(backend='nccl'))))
        join_processes(config, 'pytorch')
        return config

    return start


@pytest.mark.parametrize(('gpus', 'own'), [(1, '0'), (2, '1'), (4, '1')])
def test_join_processes_shares_gpus(started, gpus, own):
    config = started(gpus)
    assert os.environ['LOCAL_RANK'] == own
    assert os.environ['RANK'] == '5'
    assert config.env_cfg.dist_cfg.backend == 'gloo'


def test_join_processes_keeps_nccl_with_one_gpu_each(started):
    config = started(8)
    assert os.environ['LOCAL_RANK'] == '5'
    assert config.env_cfg.dist_cfg.backend == 'nccl'


def test_join_processes_sets_missing_env_cfg(monkeypatch, started):
    started(1)
    config = Config({})
    monkeypatch.setenv('LOCAL_RANK', '5')
    join_processes(config, 'pytorch')
    assert config.env_cfg.dist_cfg.backend == 'gloo'
