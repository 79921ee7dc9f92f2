"""The first lines of a training run: config, weights, data, device, checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmengine.runner import Runner


def training_summary(config_name: str, runner: Runner) -> str:
    """Describe a run whose training loop is built.

    Args:
        config_name: Config of the command line.
        runner: Runner of the run.
    """
    config = runner.cfg
    dataset = runner.train_dataloader.dataset
    hooks = config.get('default_hooks', {})
    every = hooks.get('checkpoint', {}).get('interval')
    line = hooks.get('logger', {}).get('interval')
    device = next(runner.model.parameters()).device
    lines = {
        'config': config_name,
        'starts from': config.get('load_from') or 'random weights, or those of its init_cfg',
        'data': f'{len(dataset):,} samples per pass: {"; ".join(_parts(dataset))}',
        'device': f'{device}' + (f', {runner.world_size} processes' if runner.distributed else ''),
        'length': f'{runner.max_iters:,} iterations of '
        f'{config.train_dataloader.get("batch_size")} samples',
        'checkpoints': runner.work_dir + (f', every {every:,} iterations' if every else ''),
        'log': runner.log_dir + (f', a line every {line} iterations' if line else ''),
    }
    width = max(map(len, lines))
    return '\n'.join(f'{name:{width}}  {value}' for name, value in lines.items())


def _parts(dataset: Any) -> list[str]:
    """The data sets that a data set consists of, with their sizes."""
    if hasattr(dataset, 'datasets'):
        return [part for each in dataset.datasets for part in _parts(each)]
    if hasattr(dataset, 'times'):
        return [f'{part} x {dataset.times}' for part in _parts(dataset.dataset)]
    place = getattr(dataset, 'ann_file', '') or type(dataset).__name__
    return [f'{len(dataset):,} of {place}']
