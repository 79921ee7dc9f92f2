"""Read the words in photos, or word crops.

    python tools/infer.py photo.jpg
    python tools/infer.py photos/ 'more/*.png' https://example.org/sign.jpg scan.pdf - --out results
    python tools/infer.py --crops words/ --format csv

Prints a line a photo, writes DIR/<name>.json (or another --format) and DIR/<name>.png with the
words drawn. With --crops each image is a word already: nothing is detected or drawn, and every
image gets its text and score. Exit status 0, or 1 if an input could not be read; the others are
read all the same.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from pipeline.io import (
    FORMATS,
    CropResult,
    ImageReadError,
    InputItem,
    PhotoResult,
    ResultWriter,
    iter_inputs,
    make_writer,
)
from pipeline.utils.atomic_write import write_whole
from pipeline.visualization import draw_words

if TYPE_CHECKING:
    from pipeline.spotter import TextSpotter

Loaded = tuple[InputItem, np.ndarray]

PHOTOS_A_BATCH = 1
CROPS_A_BATCH = 16


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description='Read the words in photos, or word crops.',
        epilog='Exit status 1 if an input was unreadable.',
    )
    parser.add_argument(
        'inputs',
        nargs='+',
        metavar='INPUT',
        help='image files, folders, globs, http(s) addresses, PDF files, or - for standard input',
    )
    parser.add_argument(
        '--crops',
        action='store_true',
        help='each image is one word already: read it whole, write {"image", "text", "score"}',
    )
    parser.add_argument('--out', type=Path, default=Path('results'), metavar='DIR')
    parser.add_argument('--config', metavar='CFG', help='a spotting config (default: embedded)')
    parser.add_argument('--checkpoint', metavar='FILE', help="weights (default: the config's own)")
    parser.add_argument('--device', type=_device, default='auto', help='auto, cpu or cuda[:N]')
    parser.add_argument(
        '--batch-size',
        type=_positive,
        metavar='N',
        help=f'photos or crops a pass (default: {PHOTOS_A_BATCH} photo, {CROPS_A_BATCH} crops)',
    )
    parser.add_argument(
        '--context',
        choices=('on', 'off'),
        help="scene context (default: the config's own setting); crops have none",
    )
    parser.add_argument(
        '--words',
        action='append',
        metavar='FILE',
        help="a word a line, expected where letters are doubtful, in place of the config's own; "
        "again for more lists; 'english' is the shipped one, 'none' reads what is seen alone",
    )
    parser.add_argument(
        '--min-score',
        type=_share,
        metavar='S',
        help="drop words below this score, 0 to 1 (default: the config's own); a crop below it "
        'gets an empty text and keeps its score (default: none does)',
    )
    parser.add_argument(
        '--format', choices=FORMATS, default='json', help='default: json; icdar is for photos only'
    )
    parser.add_argument('--no-draw', action='store_true', help='write no pictures')
    parser.add_argument('--quiet', action='store_true', help='print errors only')
    parser.add_argument(
        '--resume', action='store_true', help='skip inputs whose results are in DIR already'
    )
    args = parser.parse_args(argv)
    args.batch_size = args.batch_size or (CROPS_A_BATCH if args.crops else PHOTOS_A_BATCH)
    return args


def main(argv: list[str] | None = None) -> int:
    """Read all inputs; returns the exit status."""
    args = parse_args(argv)
    warnings.filterwarnings('ignore', module='PIL')
    if args.crops and args.context == 'on':
        return _fail('crops have no scene: leave --context on out, or read whole photos')
    if args.words and 'none' in args.words and len(args.words) > 1:
        return _fail('--words none stands alone: leave it out to name word lists')
    kind, read, unit = (
        (CropResult, read_crop_batch, 'crop') if args.crops else (PhotoResult, read_batch, 'photo')
    )
    try:
        writer = make_writer(args.format, args.out, args.resume, kind)
    except OSError as error:
        return _fail(f'cannot write to {args.out}: {error.strerror}')
    except ValueError as error:
        return _fail(str(error))
    items = list(iter_inputs(args.inputs, exclude=[args.out]))
    todo = [item for item in items if not (args.resume and writer.has(item.name, item.source))]
    if not args.quiet and len(todo) < len(items):
        print(f'{len(items) - len(todo)} of {len(items)} {unit}s are in {args.out} already')
    draws = not (args.no_draw or args.crops)
    overwritten = _overwritten_photo(args.out, items) if draws else None
    if overwritten is not None:
        return _fail(f'a drawn result would overwrite {overwritten}; choose another --out')
    failed = 0
    try:
        spotter = None
        bar = tqdm(
            total=len(todo),
            unit=unit,
            file=sys.stderr,
            dynamic_ncols=True,
            disable=True if args.quiet or len(todo) < 2 else None,  # None: on a terminal alone
        )
        with bar:
            for batch, errors in _batches(todo, args.batch_size):
                for unreadable in errors:
                    failed += 1
                    tqdm.write(f'error: {unreadable}', file=sys.stderr)
                if batch:
                    # Loaded when the first image is there: bad inputs are told at once.
                    spotter = spotter or load_spotter(args)
                    read(spotter, batch, writer, args)
                bar.update(len(batch) + len(errors))
                batch.clear()  # makes room for the images to come
    except KeyboardInterrupt:
        print(f'interrupted; go on with --resume --out {args.out}', file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except (ValueError, FileNotFoundError, OSError) as error:
        return _fail(str(error))
    if failed and not args.quiet:
        print(f'{failed} of {len(items)} inputs could not be read', file=sys.stderr)
    return 1 if failed else 0


def load_spotter(args: argparse.Namespace) -> TextSpotter:
    """The spotter that the command line asks for."""
    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
    from pipeline.utils.device import choose_device

    spotter = TextSpotter.from_config(
        args.config or DEFAULT_CONFIG, checkpoint=args.checkpoint, device=choose_device(args.device)
    )
    if args.context is not None:
        spotter.use_context(args.context == 'on')
    if args.words is not None:
        spotter.use_words([] if args.words == ['none'] else args.words)
    if args.min_score is not None:
        spotter.min_score = args.min_score
    if args.crops:
        spotter.crop_batch_size = args.batch_size
    return spotter


def read_batch(
    spotter: TextSpotter, batch: list[Loaded], writer: ResultWriter, args: argparse.Namespace
) -> None:
    """Read photos together and write, draw and print their words."""
    start = time.perf_counter()
    readings = spotter.read_batch([image for _, image in batch])
    seconds = (time.perf_counter() - start) / len(batch)
    for (item, image), words in zip(batch, readings):
        if not args.no_draw:
            drawn = draw_words(image, [w.polygon for w in words], [w.text for w in words])
            ok, png = cv2.imencode('.png', drawn, [cv2.IMWRITE_PNG_COMPRESSION, 3])
            if ok:
                write_whole(args.out / f'{item.name}.png', png.tobytes())
        # The result comes last: --resume then knows that the picture is there too.
        writer.write(PhotoResult(item.name, item.source, image.shape[:2], words, seconds))
        if not args.quiet:
            count = f'{len(words)} word{"" if len(words) == 1 else "s"}'
            texts = ' '.join(word.text for word in words)
            _print(f'{item.source} ({count}, {seconds:.2f} s): {texts}')


def read_crop_batch(
    spotter: TextSpotter, batch: list[Loaded], writer: ResultWriter, args: argparse.Namespace
) -> None:
    """Read word crops together and write and print the text of each, weak ones as empty."""
    readings = spotter.read_crops([image for _, image in batch])
    for (item, _), (text, score) in zip(batch, readings):
        if score < (args.min_score or 0):
            text = ''
        writer.write(CropResult(item.name, item.source, text, score))
        if not args.quiet:
            _print(f'{item.source} ({score:.2f}): {text}')


def _batches(
    items: Iterable[InputItem], batch_size: int
) -> Iterator[tuple[list[Loaded], list[ImageReadError]]]:
    """Images in batches, and the errors met on the way; at most one batch is in memory."""
    batch: list[Loaded] = []
    errors: list[ImageReadError] = []
    for item in items:
        try:
            batch.append((item, item.load()))
        except ImageReadError as error:
            errors.append(error)
        if len(batch) == batch_size or (errors and not batch):
            yield batch, errors
            batch, errors = [], []
    if batch or errors:
        yield batch, errors


def _overwritten_photo(out: Path, items: Sequence[InputItem]) -> str | None:
    """An input that lies where the picture of some result would be written, if any."""
    pictures = {os.path.realpath(out / f'{item.name}.png') for item in items}
    return next((i.source for i in items if os.path.realpath(i.source) in pictures), None)


def _print(line: str) -> None:
    encoding = sys.stdout.encoding or 'utf-8'
    tqdm.write(line.encode(encoding, 'replace').decode(encoding), file=sys.stdout)


def _fail(message: str) -> int:
    print(f'error: {message}', file=sys.stderr)
    return 2


def _device(text: str) -> str:
    if not re.fullmatch(r'auto|cpu|cuda(:\d+)?', text):
        raise argparse.ArgumentTypeError(f'wanted auto, cpu or cuda[:N], got {text}')
    return text


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'wanted a number of at least 1, got {text}')
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'wanted a number from 0 to 1, got {text}')
    return value


if __name__ == '__main__':
    try:
        sys.exit(main())
    except BrokenPipeError:  # who read our output, such as head, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
