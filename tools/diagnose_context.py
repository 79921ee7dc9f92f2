"""Tell whether scene context helps a recognizer, or only looks helpful.

    python tools/diagnose_context.py CONFIG CHECKPOINT --data annotation.json --out results/context
    python tools/diagnose_context.py CONFIG CHECKPOINT --data test.json --train-words words.txt \\
        --spotter configs/spotting/default.py --json context.json

CONFIG is that of a recognizer with context or of a spotter with one. All words of the data are
read with context on, off, with another photo's tokens, with those of a random tower of the same
architecture, and with the mean of all photos' tokens.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mmengine.config import DictAction

import pipeline  # noqa: F401  registers the modules that configs name
from pipeline.analysis.context import diagnose, format_diagnosis, format_page, load_subject
from pipeline.analysis.context.lettering import typeset_plate
from pipeline.analysis.context.synthetic.plates import draw_plate, letters_quad
from pipeline.analysis.gt_images import read_gt_images
from pipeline.evaluation.protocols import PROTOCOLS
from pipeline.utils.atomic_write import write_whole
from pipeline.utils.device import choose_device

_LETTERINGS = {
    'typeset': typeset_plate,
    'benchmark': lambda text, rng: (draw_plate(text, rng), letters_quad(text)),
}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('config', help='of a ContextRecognizer, or of a TextSpotter with one')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument(
        '--data', nargs='+', required=True, metavar='JSON', help="MMOCR's, photos with polygons"
    )
    parser.add_argument(
        '--data-root', metavar='DIR', help="where photos begin (default: each JSON's own folder)"
    )
    parser.add_argument(
        '--train-words', metavar='FILE',
        help='words trained on, one a line or an MMOCR JSON: in and out of vocabulary',
    )  # fmt: skip
    parser.add_argument(
        '--spotter', metavar='CONFIG',
        help='a spotting config whose detector finds words: end-to-end scores, too',
    )  # fmt: skip
    parser.add_argument(
        '--protocol', choices=sorted(PROTOCOLS), default='icdar2015',
        help='of the end-to-end scores (default: icdar2015)',
    )  # fmt: skip
    parser.add_argument('--out', type=Path, metavar='DIR', help='write page, table and JSON there')
    parser.add_argument('--json', type=Path, metavar='PATH', help='write the numbers there')
    parser.add_argument('--device', default='auto', help='auto, cpu or cuda[:N] (default: auto)')
    parser.add_argument('--seed', type=int, default=0, help='of all that is drawn (default: 0)')
    parser.add_argument(
        '--resamples', type=_positive, default=2000, metavar='N',
        help='of photos, for the intervals (default: 2000)',
    )  # fmt: skip
    parser.add_argument(
        '--misleading', type=int, default=200, metavar='N',
        help='misspelled words to hang in photos, 0 for none (default: 200)',
    )  # fmt: skip
    parser.add_argument(
        '--plates', choices=sorted(_LETTERINGS), default='typeset',
        help="how they are written: in type, or as tools/context_benchmark.py's scenes are",
    )  # fmt: skip
    parser.add_argument(
        '--page-words', type=_positive, default=200, metavar='N',
        help='most words in each list of the page (default: 200)',
    )  # fmt: skip
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='override entries of the config'
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Diagnose and report; returns the exit status."""
    args = parse_args(argv)
    try:
        train_words = None if args.train_words is None else read_word_list(Path(args.train_words))
        photos = read_gt_images(args.data, args.data_root)
        subject = load_subject(
            args.config, args.checkpoint, choose_device(args.device), args.spotter,
            args.cfg_options,
        )  # fmt: skip
        diagnosis = diagnose(
            subject,
            photos,
            train_words=train_words,
            seed=args.seed,
            resamples=args.resamples,
            protocol=args.protocol,
            misleading=args.misleading,
            lettering=_LETTERINGS[args.plates],
            report=lambda line: print(line, file=sys.stderr),
        )
        text = format_diagnosis(diagnosis.summary)
        numbers = json.dumps(diagnosis.summary, indent=2, ensure_ascii=False) + '\n'
        if args.json is not None:
            write_whole(args.json, numbers)
        if args.out is not None:
            title = f'Scene context: {Path(args.config).stem}'
            write_whole(args.out / 'diagnosis.json', numbers)
            write_whole(args.out / 'diagnosis.md', text + '\n')
            write_whole(args.out / 'changed.html', format_page(diagnosis, title, args.page_words))
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    print(text)
    return 0


def read_word_list(path: Path) -> list[str]:
    """Words one a line, or the texts of an MMOCR JSON.

    Raises:
        ValueError: If there is no word in it.
    """
    if path.suffix == '.json':
        entries = json.loads(path.read_text(encoding='utf-8'))['data_list']
        found = [instance for entry in entries for instance in entry['instances']]
        words = [word['text'] for word in found if word.get('text') and not word.get('ignore')]
    else:
        words = [line.strip() for line in path.read_text(encoding='utf-8').splitlines()]
    words = [word for word in words if word]
    if not words:
        raise ValueError(f'no words in {path}: wanted one a line, or an MMOCR JSON.')
    return words


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'wanted a number of at least 1, got {text}')
    return value


if __name__ == '__main__':
    sys.exit(main())
