"""Turn a data set, laid out as its owners publish it, into MMOCR JSON.

    python tools/prepare_dataset.py --list
    python tools/prepare_dataset.py icdar2015 --root data/icdar2015
    python tools/prepare_dataset.py totaltext --root DIR --out DIR --splits test --tasks textdet

writes textdet_{split}.json, textspotting_{split}.json and textrecog_{split}.json, the last with
the word crops in textrecog_{split}/. Nothing is downloaded: most sets ask for an agreement first
(see data/README.md).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.datasets.converters.catalog import DATASETS
from pipeline.datasets.converters.entry import TASKS, DatasetEntry
from pipeline.datasets.converters.prepare import PreparedSplit, prepare_dataset


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('name', nargs='?', choices=list(DATASETS), metavar='NAME', help=', '.join(DATASETS))
    add('--list', action='store_true', help='print the data sets, their terms and where they are')
    add('--layout', action='store_true', help='print the tree that NAME is expected to have')
    add('--root', type=Path, metavar='DIR', help='folder of the data set')
    add('--out', type=Path, metavar='DIR', help='folder to write to (default: that of --root)')
    add('--splits', nargs='+', metavar='SPLIT', help='train, val, test (default: all there are)')
    add('--tasks', nargs='+', choices=TASKS, default=TASKS, help='what to write (default: all)')
    args = parser.parse_args(argv)
    if not args.list and args.name is None:
        parser.error('wanted NAME, or --list')
    if args.name and args.root is None and not (args.list or args.layout):
        parser.error('--root is needed: the folder of the data set')
    return args


def print_catalog() -> None:
    for entry in DATASETS.values():
        print(f'{entry.name:12} {entry.title}\n{"":12} {entry.licence}\n{"":12} {entry.url}')


def report_absent(entry: DatasetEntry, names: set[str], wanted: list[str] | None) -> None:
    """Say which published splits are not there."""
    for name, files in entry.wanted.items():
        if '' not in names and name not in names and (wanted is None or name in wanted):
            print(
                f'{entry.name} {name}: not there, wanted {files} from {entry.url}', file=sys.stderr
            )


def report_split(entry: DatasetEntry, split: PreparedSplit) -> None:
    """Say what was found, against what is published, and what was written."""
    label = f'{entry.name} {split.name}'.strip()
    things = 'crops' if entry.task == 'textrecog' else 'photos'
    counts = [(split.found.photos, split.published.photos, things)]
    if entry.task != 'textrecog':
        counts.append((split.found.words, split.published.words, 'words'))
    parts = [
        f'{found:,} {what}' + (f' of {published:,}' if published is not None else '')
        for found, published, what in counts
    ]
    ignored = f', and {split.ignored:,} ignored' if split.ignored else ''
    print(f'{label}: {", ".join(parts)}{ignored}')
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
    args = parse_args(argv)
    if args.list:
        print_catalog()
        return 0
    entry = DATASETS[args.name]
    if args.layout:
        print(entry.describe(args.root or Path('DIR')))
        return 0
    names = set()
    try:
        for split in prepare_dataset(entry, args.root, args.out, args.splits, args.tasks):
            names.add(split.name)
            report_split(entry, split)
    except (OSError, ValueError, ImportError) as error:
        print(f'{args.name}: {error}', file=sys.stderr)
        return 1
    report_absent(entry, names, args.splits)
    return 0


if __name__ == '__main__':
    sys.exit(main())
