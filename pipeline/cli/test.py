"""Test any config through MMEngine's Runner; spotters get the end-to-end table.

    python tools/test.py configs/spotting/default_icdar2015.py [CHECKPOINT]

prints precision, recall and hmean end to end and for word spotting, without and with each lexicon
of the config, and of detection; photos per second; and where words were lost. The predictions
lie in WORK_DIR/submission.zip, ready to submit; tools/evaluate.py scores that file the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.runner import Runner

import pipeline.registration  # noqa: F401
from pipeline.evaluation.metric_table import metric_table
from pipeline.spotter import TextSpotter
from pipeline.utils.atomic_write import write_whole


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('config', help='a config of configs/')
    add('checkpoint', nargs='?', help="weights (default: the config's load_from)")
    add('--work-dir', help='logs and submission.zip (default: work_dirs/CONFIG)')
    add('--json', metavar='PATH', help='write all numbers there')
    add('--no-lexicons', action='store_true', help='score without any; lexicons need not be there')
    add('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    add('--cfg-options', nargs='+', action=DictAction, help='override entries of the config')
    args = parser.parse_args(argv)
    if not Path(args.config).is_file():
        parser.error(f'no config {args.config}')
    if args.checkpoint and not Path(args.checkpoint).is_file():
        parser.error(f'no weights at {args.checkpoint}')
    return args


def read_config(args: argparse.Namespace) -> Config:
    """The config with what the command line says in it, checked for what is not there."""
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    if not config.get('test_dataloader'):
        raise ValueError(
            f'{args.config} names no test data: wanted test_dataloader and test_evaluator, as in '
            'configs/spotting/default_icdar2015.py.'
        )
    config.work_dir = args.work_dir or str(Path('work_dirs') / Path(args.config).stem)
    config.launcher = args.launcher
    dataset = config.test_dataloader.dataset
    annotation = Path(dataset.get('data_root') or '') / (dataset.get('ann_file') or '')
    if dataset.get('ann_file') and not annotation.is_file():
        raise FileNotFoundError(
            f'no annotations at {annotation}. Lay the data set out as data/README.md says and run '
            'tools/prepare_dataset.py.'
        )
    if is_spotter(config):
        config.test_evaluator.submission = str(Path(config.work_dir) / 'submission.zip')
        if args.no_lexicons:
            config.test_evaluator.lexicons = None
        for level, path in (config.test_evaluator.get('lexicons') or {}).items():
            if not Path(path).exists():
                raise FileNotFoundError(
                    f'no {level} lexicon at {path}. data/README.md says where lexicons come from; '
                    '--no-lexicons scores without any.'
                )
    return config


def is_spotter(config: Config) -> bool:
    """Whether the config holds a whole spotter, not a detector or a recognizer alone."""
    return config.model.type == 'TextSpotter'


def build_runner(config: Config, checkpoint: str | None) -> Runner:
    """A Runner whose model has its weights."""
    if not is_spotter(config):
        config.load_from = checkpoint or config.get('load_from')
        return Runner.from_cfg(config)
    return Runner(
        # On a GPU, where the Runner is going to put it, there are no integers.
        model=TextSpotter.from_config(config, checkpoint, int8=get_device() == 'cpu'),
        work_dir=config.work_dir,
        test_dataloader=config.test_dataloader,
        test_cfg=config.test_cfg,
        test_evaluator=config.test_evaluator,
        default_hooks=config.get('default_hooks'),
        custom_hooks=config.get('custom_hooks'),
        launcher=config.launcher,
        env_cfg=config.get('env_cfg', dict(dist_cfg=dict(backend='nccl'))),
        log_processor=config.get('log_processor'),
        log_level=config.get('log_level', 'INFO'),
        default_scope=config.get('default_scope', 'mmocr'),
        randomness=config.get('randomness', dict(seed=0)),
        cfg=config,
    )


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        config = read_config(args)
        runner = build_runner(config, args.checkpoint)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    metrics: dict[str, Any] = runner.test()
    if runner.rank == 0:
        print(metric_table(metrics))
        if is_spotter(config):
            print(f'submission: {config.test_evaluator.submission}')
        if args.json:
            write_whole(Path(args.json), json.dumps(metrics, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
