"""Turn a data set, laid out as its owners publish it, into MMOCR JSON.

    python tools/prepare_dataset.py icdar2015 --root DIR [--out FILE]
    python tools/prepare_dataset.py word-crops --root DIR [--out FILE]

Nothing is downloaded: most sets ask for an agreement first (see data/README.md).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.datasets.converters.annotation_file import write_annotation_file
from pipeline.datasets.converters.icdar2015 import read_icdar2015
from pipeline.datasets.converters.word_crops import read_word_crops

CONVERTERS = {
    'icdar2015': ('textspotting', read_icdar2015),
    'word-crops': ('textrecog', read_word_crops),
}


def main(argv: list[str] | None = None) -> int:
    """Convert one data set; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('name', choices=sorted(CONVERTERS), help='layout of the data set')
    parser.add_argument('--root', type=Path, required=True, help='folder of the data set')
    parser.add_argument('--out', type=Path, help='JSON to write (default: ROOT/annotation.json)')
    args = parser.parse_args(argv)
    task, read = CONVERTERS[args.name]
    out = args.out or args.root / 'annotation.json'
    try:
        count = write_annotation_file(out, task, read(args.root))
    except (OSError, ValueError) as error:
        print(f'{args.name}: {error}', file=sys.stderr)
        return 1
    print(f'{args.name}: {count} samples -> {out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
