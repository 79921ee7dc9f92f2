"""Trainings that resume, for the benchmark and the experiments."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from pipeline.analysis.context.progress_hook import Progress, ProgressHook
from pipeline.registry import MODELS
from pipeline.utils.checkpoint import load_weights


def last_checkpoint(config: Config) -> Path:
    """Path of the checkpoint at the end of a training."""
    return Path(config.work_dir) / f'iter_{config.train_cfg.max_iters}.pth'


def train(config: Config, report: Callable[[Progress], None], interval: int = 200) -> Path:
    """Start or resume a training through MMEngine's Runner.

    Args:
        config: Training config with ``work_dir``. It is stored there as ``config.py``.
        report: Callback that receives the progress.
        interval: Number of iterations between two reports.

    Returns:
        The last checkpoint. A finished training is not repeated.
    """
    work_dir = Path(config.work_dir)
    last = last_checkpoint(config)
    if not last.is_file():
        work_dir.mkdir(parents=True, exist_ok=True)
        config.dump(str(work_dir / 'config.py'))
        runner_config = copy.deepcopy(config)
        # The Runner requires a unique name per process.
        runner_config.experiment_name = f'{work_dir.name}_{time.time_ns()}'
        runner_config.resume = (work_dir / 'last_checkpoint').is_file()
        with DefaultScope.overwrite_default_scope('mmocr'):
            runner = Runner.from_cfg(runner_config)
            runner.register_hook(ProgressHook(report, work_dir.name, interval))
            runner.train()
    return last


def load_model(config: Config, checkpoint: Path) -> Any:
    """The trained model in evaluation mode."""
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(copy.deepcopy(config.model))
    load_weights(model, checkpoint)
    return model.eval()
