"""``clipter infer``: read the words in images, or word crops."""

from __future__ import annotations

import argparse
import contextlib
import glob
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from pipeline.cli.choices import RESULT_FORMATS
from pipeline.cli.common import (
    DONE,
    SOME_FAILED,
    CommandError,
    Interrupted,
    add_device,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.spotter_options import add_reading_options, choose_spotter
from pipeline.utils.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from pipeline.io import ImageReadError, InputItem, ResultWriter
    from pipeline.spotter import TextSpotter

    Loaded = tuple[InputItem, np.ndarray]

PHOTOS_A_BATCH = 1
CROPS_A_BATCH = 16
LEAST_PRINTED = 0.2
"""Texts of crops with a lower score are written, but not printed: they are mostly noise."""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'infer',
        ['photo.jpg',
         "photos/ 'more/*.png' https://example.org/sign.jpg scan.pdf - --out results",
         '--crops words/ --format csv'],
        'Prints one line per image, and writes DIR/<name>.json (or another --format) and '
        'DIR/<name>.png with\nthe words drawn. With --crops each image is one word: nothing is '
        'detected or drawn, and every image\ngets a text and a score. The exit status is 1 if '
        'inputs could not be read; all other inputs are read.',
    )  # fmt: skip
    add = parser.add_argument
    add(
        'inputs', nargs='+', metavar='INPUT',
        help='image files (HEIC if pillow-heif is installed), folders, globs, PDF and TIFF files '
        '(one result per page), addresses (http(s), with user:password@ for a login; s3:// and '
        'others if fsspec is installed), or - for standard input; of an animation the first frame '
        'that is not blank is read',
    )  # fmt: skip
    add(
        '--crops', action='store_true',
        help='each image is one word: read the whole image, write {"image", "text", "score"}',
    )  # fmt: skip
    add('--out', type=Path, default=Path('results'), metavar='DIR', help='output folder')
    add_reading_options(
        parser,
        '; a crop below it gets an empty text and keeps its score (default for crops: 0)',
    )
    add_device(parser)
    add(
        '--batch-size', type=positive_int, metavar='N',
        help='images or crops per batch '
        f'(default: {PHOTOS_A_BATCH} image, {CROPS_A_BATCH} crops)',
    )  # fmt: skip
    add(
        '--format', choices=RESULT_FORMATS, default='json',
        help='format of the results; crops have json, jsonl and csv',
    )  # fmt: skip
    add(
        '--confidences', action='store_true',
        help='with --format icdar: write the score of each word before its text, for clipter '
        'evaluate --confidences',
    )  # fmt: skip
    add(
        '--strict', action='store_true',
        help='refuse truncated and damaged images (default: read the part that can be decoded, '
        'with a warning)',
    )  # fmt: skip
    add('--password', metavar='TEXT', help='password of the PDF files that require one')
    add('--no-draw', action='store_true', help='write no pictures')
    add('--quiet', action='store_true', help='print errors only')
    add('--resume', action='store_true', help='skip inputs that have results in DIR')
    args = parser.parse_args(argv)
    args.batch_size = args.batch_size or (CROPS_A_BATCH if args.crops else PHOTOS_A_BATCH)
    return args


def main(argv: list[str] | None = None) -> int:
    """Read all inputs; returns the exit status."""
    return run_command(_infer, parse_args(argv))


@contextlib.contextmanager
def image_warnings(quiet: bool) -> Iterator[None]:
    """Print each warning about an image as one line on stderr, or no such warning if quiet."""
    from pipeline.io import ImageReadWarning

    printed: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter('always', ImageReadWarning)
        show_other = warnings.showwarning

        def show(
            message: Warning | str, category: type[Warning], *args: Any, **options: Any
        ) -> None:
            if not issubclass(category, ImageReadWarning):
                show_other(message, category, *args, **options)
            elif not quiet and str(message) not in printed:
                printed.add(str(message))
                tqdm.write(f'warning: {message}', file=sys.stderr)

        warnings.showwarning = show
        yield


def _infer(args: argparse.Namespace) -> int:
    if args.crops and args.context == 'on':
        raise CommandError('crops have no scene: leave --context on out, or read whole images')
    if args.crops and (args.long_side or args.tile or args.orientation != 'auto'):
        raise CommandError(
            'crops need no detector: leave --long-side, --tile and --orientation out'
        )
    choose_spotter(args, args.device)  # option errors come before those of inputs
    if args.device not in ('auto', 'cpu'):
        from pipeline.utils.device import choose_device

        choose_device(args.device)
    from pipeline.io import CropResult, PhotoResult, make_writer

    warnings.filterwarnings('ignore', module='PIL')
    kind, read, unit = (
        (CropResult, read_crop_batch, 'crop') if args.crops else (PhotoResult, read_batch, 'image')
    )
    try:
        writer = make_writer(args.format, args.out, args.resume, kind, args.confidences)
    except OSError as error:
        raise CommandError(f'cannot write to {args.out}: {error.strerror}') from error
    with image_warnings(args.quiet):
        return _read_inputs(args, writer, read, unit)


def _read_inputs(args: argparse.Namespace, writer: ResultWriter, read: Any, unit: str) -> int:
    from pipeline.io import iter_inputs

    items = list(
        iter_inputs(
            args.inputs,
            exclude=[args.out],
            strict=args.strict,
            password=args.password,
            contact_urls=False,
        )
    )
    todo = [item for item in items if not (args.resume and writer.has(item.name, item.source))]
    if not args.quiet and len(todo) < len(items):
        print(f'{len(items) - len(todo)} of {len(items)} {unit}s are in {args.out} already')
    draws = not (args.no_draw or args.crops)
    overwritten = _overwritten_input(args.out, items, writer, draws)
    if overwritten is not None:
        raise CommandError(f'a result would overwrite {overwritten}; choose another --out')
    failed = 0
    spotter = None
    if not args.quiet and any(os.path.isdir(i) or glob.has_magic(i) for i in args.inputs):
        found = sum(not item.is_error for item in items)
        print(f'{found} {unit}{"" if found == 1 else "s"} found', file=sys.stderr)
    bar = Progress(len(todo), unit, args.quiet)
    try:
        with bar:
            opened = (
                page
                for item in todo
                for page in item.open()
                if page == item or not (args.resume and writer.has(page.name, page.source))
            )
            for batch, errors in _batches(opened, args.batch_size):
                for unreadable in errors:
                    failed += 1
                    tqdm.write(f'error: {unreadable}', file=sys.stderr)
                if batch:
                    # Loaded after the first image, so that errors of inputs are printed at once.
                    spotter = spotter or load_spotter(args)
                    read(spotter, batch, writer, args)
                bar.update(len(batch) + len(errors))
                batch.clear()  # frees the memory before the next images are loaded
        writer.finish()
    except KeyboardInterrupt:
        raise Interrupted(f'interrupted; go on with --resume --out {args.out}') from None
    if failed and not args.quiet:
        print(f'{failed} of {len(items)} inputs could not be read', file=sys.stderr)
    return SOME_FAILED if failed else DONE


def load_spotter(args: argparse.Namespace) -> TextSpotter:
    """The spotter of a command line."""
    spotter = choose_spotter(args, args.device).build()
    if args.crops:
        spotter.crop_batch_size = args.batch_size
    return spotter


def read_batch(
    spotter: TextSpotter, batch: list[Loaded], writer: ResultWriter, args: argparse.Namespace
) -> None:
    """Read images together and write, draw and print their words."""
    import cv2

    from pipeline.io import PhotoResult
    from pipeline.layout import Page
    from pipeline.utils.atomic_write import write_whole

    start = time.perf_counter()
    readings = spotter.read_batch([image for _, image in batch])
    seconds = (time.perf_counter() - start) / len(batch)
    for (item, image), words in zip(batch, readings):
        page = Page.from_words(words, image.shape[:2], words.orientation)
        if not args.no_draw:
            ok, png = cv2.imencode('.png', page.draw(image), [cv2.IMWRITE_PNG_COMPRESSION, 3])
            if ok:
                write_whole(args.out / f'{item.name}.png', png.tobytes())
        # The result is written last: --resume skips only inputs whose picture is written too.
        writer.write(PhotoResult(item.name, item.source, page, seconds, image))
        if not args.quiet:
            count = f'{len(words)} word{"" if len(words) == 1 else "s"}'
            texts = ' '.join(word.text for word in words)
            line = f'{item.source} ({count}, {seconds:.2f} s)'
            _print(f'{line}: {texts}' if texts else line)


def read_crop_batch(
    spotter: TextSpotter, batch: list[Loaded], writer: ResultWriter, args: argparse.Namespace
) -> None:
    """Read word crops together, and write and print their texts; low scores give empty texts."""
    from pipeline.io import CropResult

    readings = spotter.read_crops([image for _, image in batch])
    for (item, _), (text, score) in zip(batch, readings):
        if score < (args.min_score or 0):
            text = ''
        writer.write(CropResult(item.name, item.source, text, score))
        if not args.quiet:
            hidden = text and args.min_score is None and score < LEAST_PRINTED
            shown = f'[below {LEAST_PRINTED}]' if hidden else text
            _print(f'{item.source} ({score:.2f}): {shown}')


def _batches(
    items: Iterable[InputItem], batch_size: int
) -> Iterator[tuple[list[Loaded], list[ImageReadError]]]:
    """Images in batches, with the errors of unreadable ones; at most one batch is in memory."""
    from pipeline.io import ImageReadError

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


def _overwritten_input(
    out: Path, items: Sequence[InputItem], writer: ResultWriter, draws: bool
) -> str | None:
    """An input whose file would be overwritten by a result, or None."""
    paths = {path for item in items for path in writer.paths(item.name, item.source)}
    if draws:
        paths.update(out / f'{item.name}.png' for item in items)
    written = {os.path.realpath(path) for path in paths}
    files = (item.source.rsplit('#page=', 1)[0] for item in items)
    return next((file for file in files if os.path.realpath(file) in written), None)


def _print(line: str) -> None:
    encoding = sys.stdout.encoding or 'utf-8'
    tqdm.write(line.encode(encoding, 'replace').decode(encoding), file=sys.stdout)


if __name__ == '__main__':
    sys.exit(main())
