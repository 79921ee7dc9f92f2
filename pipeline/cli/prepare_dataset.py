"""``clipter prepare-dataset``: convert a data set from its published layout to MMOCR JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.choices import DATASET_TASKS, DATASETS
from pipeline.cli.common import DONE, USER_ERRORS, CommandError, make_parser, run_command
from pipeline.cli.error_lines import say_error

if TYPE_CHECKING:
    from pipeline.datasets.converters.entry import DatasetEntry
    from pipeline.datasets.converters.prepare import PreparedSplit


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'prepare-dataset',
        ['--list', 'icdar2015 --root data/icdar2015',
         'totaltext --root data/totaltext --out data/prepared --splits test --tasks textdet'],
        'Writes textdet_{split}.json, textspotting_{split}.json and textrecog_{split}.json, the '
        'last with the\nword crops in textrecog_{split}/. Nothing is downloaded: most data sets '
        'require an agreement first\n(see data/README.md).',
    )  # fmt: skip
    add = parser.add_argument
    add(
        'name', nargs='?', choices=DATASETS, metavar='NAME',
        help=f'data set: {", ".join(DATASETS)}',
    )  # fmt: skip
    add('--list', action='store_true', help='print the data sets with their licences and addresses')
    add('--layout', action='store_true', help='print the expected files of NAME')
    add('--root', type=Path, metavar='DIR', help='folder of the data set')
    add('--out', type=Path, metavar='DIR', help='output folder (default: the folder of --root)')
    add('--splits', nargs='+', metavar='SPLIT', help='train, val, test (default: all present ones)')
    add(
        '--tasks', nargs='+', choices=DATASET_TASKS, default=DATASET_TASKS,
        help='annotations to write (default: all)',
    )  # fmt: skip
    args = parser.parse_args(argv)
    if not args.list and args.name is None:
        parser.error('wanted NAME, or --list')
    if args.name and args.root is None and not (args.list or args.layout):
        parser.error('--root is needed: the folder of the data set')
    return args


def print_catalog() -> None:
    """Print each data set with its licence and address."""
    from pipeline.datasets.converters import catalog

    for entry in catalog.DATASETS.values():
        print(f'{entry.name:12} {entry.title}\n{"":12} {entry.licence}\n{"":12} {entry.url}')


def report_absent(entry: DatasetEntry, names: set[str], wanted: list[str] | None) -> None:
    """Report the published splits that are not present."""
    for name, files in entry.wanted.items():
        if '' not in names and name not in names and (wanted is None or name in wanted):
            print(
                f'{entry.name} {name}: not there, wanted {files} from {entry.url}', file=sys.stderr
            )


def report_split(entry: DatasetEntry, split: PreparedSplit) -> None:
    """Report the counts of a split, found and published, and the files written."""
    label = f'{entry.name} {split.name}'.strip()
    things = 'crops' if entry.task == 'textrecog' else 'images'
    counts = [(split.found.photos, split.published.photos, things)]
    if entry.task != 'textrecog':
        counts.append((split.found.words, split.published.words, 'words'))
    parts = [
        f'{found:,} {what}' + (f' of {published:,}' if published is not None else '')
        for found, published, what in counts
    ]
    ignored = f', and {split.ignored:,} ignored' if split.ignored else ''
    print(f'{label}: {", ".join(parts)}{ignored}')
    if split.left_out:
        print(f'  words that training leaves out unless its config allows them: {split.left_out}')
    for found, published, what in counts:
        if published is not None and found != published:
            print(
                f'warning: {label} has {found:,} {what}, its owners publish {published:,}',
                file=sys.stderr,
            )
    for path in split.paths:
        print(f'  {path}')


def main(argv: list[str] | None = None) -> int:
    """Prepare one data set; returns the exit status."""
    return run_command(_prepare, parse_args(argv))


def _prepare(args: argparse.Namespace) -> int:
    from pipeline.datasets.converters import catalog
    from pipeline.datasets.converters.prepare import prepare_dataset

    if args.list:
        print_catalog()
        return DONE
    entry = catalog.DATASETS[args.name]
    if args.layout:
        print(entry.describe(args.root or Path('DIR')))
        return DONE
    names = set()
    try:
        for split in prepare_dataset(entry, args.root, args.out, args.splits, args.tasks):
            names.add(split.name)
            report_split(entry, split)
    except BrokenPipeError:
        raise
    except USER_ERRORS as error:
        raise CommandError(f'{args.name}: {say_error(error)}') from error
    report_absent(entry, names, args.splits)
    return DONE


if __name__ == '__main__':
    sys.exit(main())
