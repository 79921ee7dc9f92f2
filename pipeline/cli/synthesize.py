"""Draw synthetic scenes with words in them and write them with an MMOCR annotation file.

    python tools/synthesize.py --out data/synthetic/train --count 1000 --backgrounds photos/

writes DIR/images/00000000.jpg ..., DIR/annotation.json and DIR/scenes/*.json (one a scene, which
let an interrupted run go on where it stopped). The same seed writes the same bytes, whatever the
number of workers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import cv2

from pipeline.datasets.synthetic import SceneGenerator, WordSource, find_fonts, make_annotation
from pipeline.datasets.synthetic.backgrounds import find_backgrounds
from pipeline.datasets.synthetic.contact_sheet import draw_contact_sheet
from pipeline.datasets.synthetic.fonts import (
    group_families,
    matplotlib_font_folder,
    system_font_folders,
)
from pipeline.datasets.synthetic.writer import SceneWriter


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw synthetic scenes with words, and their MMOCR annotation.'
    )
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    parser.add_argument('--count', type=int, required=True, help='number of scenes')
    parser.add_argument('--size', type=int, nargs=2, default=(640, 640), metavar=('H', 'W'))
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--fonts',
        action='append',
        metavar='DIR',
        help="a folder of fonts, besides the system's; may be repeated",
    )
    parser.add_argument(
        '--only-fonts',
        action='store_true',
        help="use no fonts but those of --fonts (matplotlib's without it)",
    )
    parser.add_argument('--backgrounds', metavar='DIR', help='photos without text; else drawn')
    parser.add_argument(
        '--words', type=int, nargs=2, default=(3, 25), metavar=('MIN', 'MAX'), help='words a scene'
    )
    parser.add_argument(
        '--latin',
        type=float,
        default=0.0,
        metavar='SHARE',
        help='share of phrases with accents, currency signs and the like',
    )
    parser.add_argument('--quality', type=int, default=90, help='of the JPEG files')
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument(
        '--contact-sheet',
        type=Path,
        metavar='PATH',
        help='also write an overview of the first 50 scenes, polygons drawn',
    )
    options = parser.parse_args(arguments)
    if options.count < 1 or options.workers < 1:
        parser.error('--count and --workers must be at least 1.')
    return options


def build_generator(options: argparse.Namespace) -> SceneGenerator:
    folders = [Path(folder) for folder in options.fonts or []]
    if not options.only_fonts:
        folders += [folder for folder in system_font_folders() if folder.exists()]
    if not options.only_fonts or not folders:
        folders.append(matplotlib_font_folder())
    fonts = find_fonts(folders)
    backgrounds = find_backgrounds(options.backgrounds) if options.backgrounds else []
    print(
        f'{len(group_families(fonts))} font families, {len(fonts)} faces; '
        f'{len(backgrounds)} background photos',
        flush=True,
    )
    words = WordSource(latin_share=options.latin)
    return SceneGenerator(
        fonts, words, backgrounds, tuple(options.size), word_count=tuple(options.words)
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    try:
        writer = SceneWriter(build_generator(options), options.out, options.seed, options.quality)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    start = time.perf_counter()
    records = []
    for record in writer.write_all(options.count, options.workers):
        records.append(record)
        if len(records) % 100 == 0 or len(records) == options.count:
            rate = len(records) / (time.perf_counter() - start)
            print(f'{len(records)}/{options.count} scenes, {rate:.1f} a second', flush=True)
    annotation = json.dumps(make_annotation(records))
    (options.out / 'annotation.json').write_text(annotation, encoding='utf-8')
    words = [word for record in records for word in record['instances']]
    ignored = sum(word['ignore'] for word in words)
    print(f'{len(words)} words, {ignored} of them illegible (ignore), in {options.out}')
    if options.contact_sheet:
        options.contact_sheet.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(options.contact_sheet), draw_contact_sheet(options.out, records[:50]))
        print(f'contact sheet: {options.contact_sheet}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
