"""Train any config through MMEngine's Runner.

    python tools/train.py CONFIG [--work-dir DIR] [--resume [FILE]] [--amp]
        [--context-cache DIR] [--cfg-options KEY=VALUE ...]
    torchrun --nproc_per_node N tools/train.py CONFIG --launcher pytorch

Curves and pictures: tensorboard --logdir WORK_DIR
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

import pipeline.registration  # noqa: F401
from pipeline.cli.error_lines import say_error
from pipeline.cli.mixed_precision import enable_amp
from pipeline.cli.preflight import find_missing_files
from pipeline.cli.processes import join_processes, leave_processes
from pipeline.clipter.cache.use_context_cache import use_context_cache


def main(argv: list[str] | None = None) -> int:
    """Build the Runner from the command line and train; returns the exit status."""
    args = _parse(argv)
    try:
        config = _read_config(args)
        missing = find_missing_files(config)
        if missing:
            return _report(*missing)
        join_processes(config, args.launcher)
    except Exception as error:  # a config is a program: it may fail in any way
        return _report(say_error(error))
    try:
        return _train(config)
    finally:
        leave_processes()


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a config of configs/')
    parser.add_argument('--work-dir', help='logs and checkpoints (default: work_dirs/CONFIG)')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='FILE',
        help='go on from a checkpoint; without FILE from the last one of the work dir',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: float16 on GPUs, bfloat16 on CPUs that compute in it',
    )
    parser.add_argument(
        '--context-cache',
        metavar='DIR',
        help='read scene tokens written by tools/extract_context.py in place of running the tower',
    )
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='override entries of the config'
    )
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
        help='what has started the processes of this run',
    )  # fmt: skip
    # What older versions of torch.distributed.launch hand over.
    parser.add_argument('--local_rank', '--local-rank', type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def _read_config(args: argparse.Namespace) -> Config:
    if not Path(args.config).is_file():
        raise ValueError(f'no config {args.config}')
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    for key in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
        if not config.get(key):
            raise ValueError(f'{args.config} has no {key}, so there is nothing to train')
    if args.work_dir or not config.get('work_dir'):
        config.work_dir = args.work_dir or str(Path('work_dirs') / Path(args.config).stem)
    if args.resume == 'auto':
        config.resume, config.load_from = True, None
    elif args.resume is not None:
        config.resume, config.load_from = True, args.resume
    if args.amp:
        enable_amp(config)
    if args.context_cache:
        use_context_cache(config, args.context_cache)
    return config


def _train(config: Config) -> int:
    try:
        runner = Runner.from_cfg(config)
        # Loops are built by looking at them; what fails here is in the config or the data.
        _ = runner.train_loop, runner.val_loop
    except Exception as error:
        return _report(say_error(error), _keep_traceback(config.work_dir))
    try:
        runner.train()
    except (OSError, ValueError) as error:
        return _report(say_error(error), _keep_traceback(config.work_dir))
    except KeyboardInterrupt:
        return _report(f'stopped at iteration {runner.iter}; go on with --resume')
    return 0


def _keep_traceback(work_dir: str) -> str:
    """Write the traceback of the current error to a file, for those who look for a bug."""
    path = Path(work_dir) / 'error.txt'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding='utf-8')
    return f'(traceback: {path})'


def _report(*lines: str) -> int:
    for line in lines:
        print(f'train: {line}', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
