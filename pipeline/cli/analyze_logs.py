"""``clipter analyze-logs``: loss curves and times of training runs, as MMDetection's tool."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, CommandError, make_parser, run_command


def main(argv: list[str] | None = None) -> int:
    """Print a table, and draw the curves; returns the exit status."""
    parser = make_parser(
        'analyze-logs',
        ['work_dirs/ppocrv6-small-det_own',
         'work_dirs/first work_dirs/second --keys loss lr --out curves.png'],
        'Prints, for each key that training logs, its first, least and last value, and the time '
        'per iteration.',
    )  # fmt: skip
    add = parser.add_argument
    add(
        'logs', nargs='+', type=Path, metavar='LOG',
        help='work dirs (of each the last run), or scalars.json files of MMEngine',
    )  # fmt: skip
    add('--keys', nargs='+', default=['loss'], metavar='KEY', help='values of the table and curves')
    add('--out', type=Path, metavar='FILE', help='picture of the curves (.png, .svg, .pdf)')
    return run_command(_analyze, parser.parse_args(argv))


def _analyze(args: argparse.Namespace) -> int:
    from pipeline.analysis.training_logs import draw_curves, find_log, read_log

    runs = {}
    for given in args.logs:
        path = find_log(given)
        runs[str(given)] = log = read_log(path)
        missing = [key for key in args.keys if key not in log]
        if missing:
            raise CommandError(f'{path} has no {missing[0]}: it has {", ".join(sorted(log))}')
    width = max(map(len, runs))
    print(f'{"":{width}} {"key":10} {"first":>10} {"least":>10} {"at":>8} {"last":>10} {"at":>8}')
    for name, log in runs.items():
        for key in args.keys:
            curve = log[key]
            step, least = min(curve, key=lambda point: point[1])
            print(
                f'{name:{width}} {key:10} {curve[0][1]:10.4g} {least:10.4g} {step:8d} '
                f'{curve[-1][1]:10.4g} {curve[-1][0]:8d}'
            )
        if 'time' in log:
            times = sorted(value for _, value in log['time'])
            print(f'{name:{width}} {times[len(times) // 2]:.3g} s per iteration (median)')
    if args.out is not None:
        draw_curves({name: {k: log[k] for k in args.keys} for name, log in runs.items()}, args.out)
        print(args.out)
    return DONE


if __name__ == '__main__':
    sys.exit(main())
