"""``clipter train``: train any config through MMEngine's Runner."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.choices import LAUNCHERS
from pipeline.cli.common import (
    DONE,
    CommandError,
    Interrupted,
    add_config_options,
    existing_folder,
    keep_traceback,
    make_parser,
    run_command,
)
from pipeline.cli.config_files import find_config, read_config
from pipeline.cli.error_lines import say_error
from pipeline.cli.tower_options import add_tower, set_tower

if TYPE_CHECKING:
    from mmengine.config import Config


def main(argv: list[str] | None = None) -> int:
    """Build the Runner of a command line and train; returns the exit status."""
    return run_command(_main, _parse(argv))


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = make_parser(
        'train',
        ['recognition/parseq-small_words',
         'configs/recognition/parseq-small_words.py --work-dir work_dirs/mine --resume',
         'recognition/parseq-small_words --cfg-options train_cfg.max_iters=1000',
         'detection/ppocrv6-small-det_own --data my_photos/'],
        'Several processes: torchrun --nproc_per_node N -m pipeline.cli train CONFIG --launcher '
        'pytorch\nCurves and pictures: tensorboard --logdir WORK_DIR',
    )  # fmt: skip
    add = parser.add_argument
    add('config', metavar='CONFIG', help='path of a config, or its name in configs/')
    add(
        '--data', type=existing_folder, metavar='DIR',
        help='your own annotated images, for the configs named *_own',
    )  # fmt: skip
    add('--work-dir', metavar='DIR', help='logs and checkpoints (default: work_dirs/CONFIG)')
    add(
        '--resume', nargs='?', const='auto', metavar='FILE',
        help='continue from a checkpoint; without FILE from the last one of the work dir',
    )  # fmt: skip
    add(
        '--amp', action='store_true',
        help='mixed precision: float16 on GPUs, bfloat16 on CPUs that support it',
    )  # fmt: skip
    add(
        '--context-cache', metavar='DIR',
        help='scene tokens of clipter extract-context, read instead of running the encoder',
    )  # fmt: skip
    add_tower(parser)
    add_config_options(parser)
    add(
        '--launcher', choices=LAUNCHERS, default='none',
        help='program that started the processes of this run',
    )  # fmt: skip
    # Older versions of torch.distributed.launch pass this argument.
    add('--local_rank', '--local-rank', type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def _main(args: argparse.Namespace) -> int:
    find_config(args.config)

    import pipeline.registration  # noqa: F401
    from pipeline.cli.preflight import find_missing_files
    from pipeline.cli.processes import join_processes, leave_processes

    try:
        config = _read_config(args)
        missing = find_missing_files(config)
        if not missing:
            join_processes(config, args.launcher)
    except CommandError:
        raise
    except Exception as error:  # a config is a program, which may raise any error
        raise CommandError(say_error(error)) from error
    if missing:
        raise CommandError(*missing)
    try:
        return _train(config, args.config)
    finally:
        leave_processes()


def _read_config(args: argparse.Namespace) -> Config:
    """The config with the settings of the command line."""
    from pipeline.cli.mixed_precision import enable_amp
    from pipeline.cli.own_data import use_own_data
    from pipeline.clipter.cache.use_context_cache import use_context_cache

    config = read_config(args.config, args.cfg_options)
    for key in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
        if not config.get(key):
            raise CommandError(f'{args.config} has no {key}, so there is nothing to train')
    if args.work_dir or not config.get('work_dir'):
        name = find_config(args.config).stem
        config.work_dir = args.work_dir or str(Path('work_dirs') / name)
    if args.resume == 'auto':
        config.resume, config.load_from = True, None
    elif args.resume is not None:
        config.resume, config.load_from = True, args.resume
    set_tower(config, args.tower, args.pretrained)
    if args.data is not None:
        use_own_data(config, args.data)
    if args.amp:
        enable_amp(config)
    if args.context_cache:
        use_context_cache(config, args.context_cache)
    return config


def _train(config: Config, name: str) -> int:
    from pipeline.cli.training_summary import training_summary
    from pipeline.engine.console_runner import ConsoleRunner

    try:
        runner = ConsoleRunner.from_cfg(config)
        # The properties build the loops: errors here are in the config or the data.
        _ = runner.train_loop, runner.val_loop
        runner.logger.info('training\n' + training_summary(name, runner))
    except Exception as error:
        raise CommandError(say_error(error), note=keep_traceback(config.work_dir)) from error
    try:
        runner.train()
    except (OSError, ValueError) as error:
        raise CommandError(say_error(error), note=keep_traceback(config.work_dir)) from error
    except KeyboardInterrupt:
        raise Interrupted(f'interrupted at iteration {runner.iter}; go on with --resume') from None
    return DONE


if __name__ == '__main__':
    sys.exit(main())
