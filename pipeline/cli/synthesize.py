"""``clipter synthesize``: draw synthetic scenes with words and their MMOCR annotation."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.common import (
    DONE,
    CommandError,
    count,
    make_parser,
    positive_int,
    run_command,
    share,
)

if TYPE_CHECKING:
    from pipeline.datasets.synthetic import SceneGenerator


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'synthesize',
        ['--out data/synthetic/train --count 1000 --backgrounds photos/ --workers 2'],
        'Writes DIR/images/00000000.jpg ..., DIR/annotation.json and one DIR/scenes/*.json per '
        'scene, with\nwhich an interrupted run continues. The same seed writes the same bytes '
        'for any number of workers.',
    )  # fmt: skip
    add = parser.add_argument
    add('--out', type=Path, required=True, metavar='DIR', help='output folder')
    add('--count', type=positive_int, required=True, metavar='N', help='number of scenes')
    add(
        '--size', type=positive_int, nargs=2, default=(640, 640), metavar=('H', 'W'),
        help='size of the scenes in pixels',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='random seed')
    add(
        '--fonts', action='append', metavar='DIR',
        help="folder of fonts, used besides the system's; may be repeated",
    )  # fmt: skip
    add(
        '--only-fonts', action='store_true',
        help="use only the fonts of --fonts (without --fonts: matplotlib's)",
    )  # fmt: skip
    add('--backgrounds', metavar='DIR', help='images without text (default: drawn backgrounds)')
    add(
        '--words', type=count, nargs=2, default=(3, 25), metavar=('MIN', 'MAX'),
        help='words per scene',
    )  # fmt: skip
    add(
        '--latin', type=share, default=0.0, metavar='SHARE',
        help='share of phrases with accents, currency signs and similar characters',
    )  # fmt: skip
    add(
        '--word-list', action='append', metavar='FILE',
        help='draw only words of this file, one per line; may be repeated; chinese and japanese '
        'are lists of the package; the fonts must have their characters',
    )  # fmt: skip
    add('--quality', type=positive_int, default=90, metavar='Q', help='quality of the JPEG files')
    add('--workers', type=positive_int, default=1, metavar='N', help='number of processes')
    add(
        '--contact-sheet', type=Path, metavar='PATH',
        help='also write an overview of the first 50 scenes with their polygons',
    )  # fmt: skip
    return parser.parse_args(argv)


def build_generator(args: argparse.Namespace) -> SceneGenerator:
    """The scene generator of a command line; prints the number of fonts and backgrounds."""
    from pipeline.datasets.synthetic import SceneGenerator, WordSource, find_fonts
    from pipeline.datasets.synthetic.backgrounds import find_backgrounds
    from pipeline.datasets.synthetic.fonts import (
        group_families,
        matplotlib_font_folder,
        system_font_folders,
    )
    from pipeline.datasets.synthetic.listed_words import ListedWords

    folders = [Path(folder) for folder in args.fonts or []]
    if not args.only_fonts:
        folders += [folder for folder in system_font_folders() if folder.exists()]
    if not args.only_fonts or not folders:
        folders.append(matplotlib_font_folder())
    fonts = find_fonts(folders)
    backgrounds = find_backgrounds(args.backgrounds) if args.backgrounds else []
    print(
        f'{len(group_families(fonts))} font families, {len(fonts)} faces; '
        f'{len(backgrounds)} background images',
        flush=True,
    )
    words = WordSource(latin_share=args.latin)
    if args.word_list:
        words = ListedWords.of_files(args.word_list)
        fonts = [face for face in fonts if all(face.writable(w) == w for w in words.words)]
        if not fonts:
            raise CommandError(
                'no font has all characters of the word lists: install one, such as the Debian '
                'package fonts-noto-cjk, or name its folder with --fonts'
            )
    return SceneGenerator(fonts, words, backgrounds, tuple(args.size), word_count=tuple(args.words))


def main(argv: list[str] | None = None) -> int:
    """Draw and write the scenes; returns the exit status."""
    return run_command(_synthesize, parse_args(argv))


def _synthesize(args: argparse.Namespace) -> int:
    import cv2

    from pipeline.datasets.synthetic import make_annotation
    from pipeline.datasets.synthetic.contact_sheet import draw_contact_sheet
    from pipeline.datasets.synthetic.writer import SceneWriter
    from pipeline.utils.progress import track

    writer = SceneWriter(build_generator(args), args.out, args.seed, args.quality)
    records = list(track(writer.write_all(args.count, args.workers), args.count, 'scene'))
    annotation = json.dumps(make_annotation(records))
    (args.out / 'annotation.json').write_text(annotation, encoding='utf-8')
    words = [word for record in records for word in record['instances']]
    ignored = sum(word['ignore'] for word in words)
    print(f'{len(words)} words, {ignored} of them illegible (ignore), in {args.out}')
    if args.contact_sheet:
        args.contact_sheet.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(args.contact_sheet), draw_contact_sheet(args.out, records[:50]))
        print(f'contact sheet: {args.contact_sheet}')
    return DONE


if __name__ == '__main__':
    sys.exit(main())
