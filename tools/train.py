"""Train any config through MMEngine's Runner.

    python tools/train.py CONFIG [--work-dir DIR] [--resume] [--cfg-options KEY=VALUE ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

import pipeline  # noqa: F401  registers the modules that configs name


def main(argv: list[str] | None = None) -> None:
    """Build the Runner from the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a config of configs/')
    parser.add_argument('--work-dir', help='logs and checkpoints (default: work_dirs/CONFIG)')
    parser.add_argument(
        '--resume', action='store_true', help='go on from the last checkpoint of the work dir'
    )
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='override entries of the config'
    )
    args = parser.parse_args(argv)
    if not Path(args.config).is_file():
        parser.error(f'no config {args.config}')
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    config.work_dir = args.work_dir or str(Path('work_dirs') / Path(args.config).stem)
    config.resume = args.resume
    Runner.from_cfg(config).train()


if __name__ == '__main__':
    main()
