"""``clipter print-config``: print a config with its bases merged, as MMOCR's print_config."""

from __future__ import annotations

import argparse
import sys

from pipeline.cli.common import DONE, add_config_options, make_parser, run_command
from pipeline.cli.config_files import read_config


def main(argv: list[str] | None = None) -> int:
    """Print the config; returns the exit status."""
    parser = make_parser(
        'print-config',
        ['recognition/ppocrv6-small_own',
         'spotting/default --cfg-options model.min_score=0.5'],
        'With the bases and --cfg-options merged.',
    )  # fmt: skip
    parser.add_argument('config', metavar='CONFIG', help='path of a config, or its name')
    add_config_options(parser)
    return run_command(_print, parser.parse_args(argv))


def _print(args: argparse.Namespace) -> int:
    print(read_config(args.config, args.cfg_options).pretty_text.rstrip('\n'))
    return DONE


if __name__ == '__main__':
    sys.exit(main())
