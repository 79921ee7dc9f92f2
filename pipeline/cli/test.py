"""``clipter test``: test any config through MMEngine's Runner."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.choices import LAUNCHERS
from pipeline.cli.common import (
    DONE,
    CommandError,
    add_config_options,
    existing_file,
    keep_traceback,
    make_parser,
    run_command,
)
from pipeline.cli.config_files import find_config, read_config
from pipeline.cli.error_lines import say_error

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'test',
        ['spotting/default_icdar2015',
         'recognition/parseq-small_words work_dirs/parseq-small_words/iter_8000.pth '
         '--json scores.json'],
        'Spotters: prints precision, recall and hmean of end-to-end recognition, word spotting '
        '(without and\nwith each lexicon of the config) and detection, images per second, and '
        'where words were lost. The\npredictions are in WORK_DIR/submission.zip, ready to submit; '
        'clipter evaluate computes the same\nscores from that file.',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='path of a config, or its name in configs/')
    add(
        'checkpoint', nargs='?', type=existing_file, metavar='CHECKPOINT',
        help="weights (default: the config's load_from)",
    )  # fmt: skip
    add('--work-dir', metavar='DIR', help='logs and submission.zip (default: work_dirs/CONFIG)')
    add('--json', metavar='PATH', help='file for all numbers')
    add('--no-lexicons', action='store_true', help='scores without lexicons, which may be missing')
    add(
        '--launcher', choices=LAUNCHERS, default='none',
        help='program that started the processes of this run',
    )  # fmt: skip
    add_config_options(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Test a config; returns the exit status."""
    return run_command(_main, parse_args(argv))


def _main(args: argparse.Namespace) -> int:
    find_config(args.config)

    import pipeline.registration  # noqa: F401
    from pipeline.evaluation.metric_table import metric_table
    from pipeline.utils.atomic_write import write_whole

    config = prepare_config(args)
    runner = build_runner(config, args.checkpoint and str(args.checkpoint))
    try:
        metrics: dict[str, Any] = runner.test()
    except (OSError, ValueError) as error:
        raise CommandError(say_error(error), note=keep_traceback(config.work_dir)) from error
    if runner.rank == 0:
        print(metric_table(metrics))
        if is_spotter(config):
            print(f'submission: {config.test_evaluator.submission}')
        if args.json:
            write_whole(Path(args.json), json.dumps(metrics, indent=1))
    return DONE


def prepare_config(args: argparse.Namespace) -> Config:
    """The config with the settings of the command line.

    Raises:
        CommandError: If the config has no test data, or a file is missing.
    """
    config = read_config(args.config, args.cfg_options)
    if not config.get('test_dataloader'):
        raise CommandError(
            f'{args.config} names no test data: wanted test_dataloader and test_evaluator, as in '
            'configs/spotting/default_icdar2015.py.'
        )
    config.work_dir = args.work_dir or str(Path('work_dirs') / find_config(args.config).stem)
    config.launcher = args.launcher
    dataset = config.test_dataloader.dataset
    annotation = Path(dataset.get('data_root') or '') / (dataset.get('ann_file') or '')
    if dataset.get('ann_file') and not annotation.is_file():
        raise CommandError(
            f'no annotations at {annotation}. Lay the data set out as data/README.md describes '
            'and run clipter prepare-dataset.'
        )
    if is_spotter(config):
        config.test_evaluator.submission = str(Path(config.work_dir) / 'submission.zip')
        if args.no_lexicons:
            config.test_evaluator.lexicons = None
        for level, path in (config.test_evaluator.get('lexicons') or {}).items():
            if not Path(path).exists():
                raise CommandError(
                    f'no {level} lexicon at {path}. data/README.md describes where lexicons come '
                    'from; --no-lexicons computes scores without lexicons.'
                )
    return config


def is_spotter(config: Config) -> bool:
    """Whether the model of the config is a whole spotter."""
    return config.model.type == 'TextSpotter'


def build_runner(config: Config, checkpoint: str | None) -> Runner:
    """A Runner whose model has its weights."""
    from pipeline.engine.console_runner import ConsoleRunner
    from pipeline.spotter import TextSpotter

    if not is_spotter(config):
        config.load_from = checkpoint or config.get('load_from')
        return ConsoleRunner.from_cfg(config)
    return ConsoleRunner(
        model=TextSpotter.from_config(config, checkpoint),
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


if __name__ == '__main__':
    sys.exit(main())
