"""``clipter infer``: read the words in images, or word crops."""

from __future__ import annotations

import argparse
import contextlib
import glob
import os
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
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
from pipeline.cli.infer_batches import Batch, Finished, read_batch, read_crop_batch
from pipeline.cli.spotter_options import add_reading_options, choose_spotter
from pipeline.utils.progress import Progress

if TYPE_CHECKING:
    from pipeline.io import ImageReadError, InputItem, ResultWriter
    from pipeline.spotter import TextSpotter

PHOTOS_A_BATCH = 4
CROPS_A_BATCH = 16


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
        f'(default: up to {PHOTOS_A_BATCH} images, {CROPS_A_BATCH} crops)',
    )  # fmt: skip
    add(
        '--workers', type=positive_int, metavar='N',
        help='batches that are read at the same time (default: one per core, two on a GPU)',
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
    return parser.parse_args(argv)


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
    if args.crops and (args.context == 'on' or args.tower or args.pretrained):
        raise CommandError(
            'crops have no scene: leave --context on, --tower and --pretrained out, or read whole '
            'images'
        )
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
    from pipeline.io.several import split_batches

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
    if not args.quiet and any(os.path.isdir(i) or glob.has_magic(i) for i in args.inputs):
        found = sum(not item.is_error for item in items)
        print(f'{found} {unit}{"" if found == 1 else "s"} found', file=sys.stderr)
    if not args.quiet:
        replaced = [old for item in todo if (old := writer.replaces(item.name, item.source))]
        if replaced:
            print(
                f'warning: results of other images in {args.out} are replaced '
                f'({len(replaced)}, for example of {replaced[0]})',
                file=sys.stderr,
            )
    opened = (
        page
        for item in todo
        for page in item.open()
        if page == item or not (args.resume and writer.has(page.name, page.source))
    )
    size = args.batch_size or (CROPS_A_BATCH if args.crops else _photos_a_batch(len(todo)))
    batches = (Batch(items) for items in split_batches(opened, size))
    failed = written = 0
    try:
        with Progress(len(todo), unit, args.quiet) as bar:
            for finished, errors in _read_batches(args, batches, read, -(-len(todo) // size)):
                failed += len(errors)
                written += len(finished)
                for error in errors:
                    tqdm.write(f'error: {error}', file=sys.stderr)
                for one in finished:
                    _write(one, writer, args)
                bar.update(len(finished) + len(errors))
        writer.finish()
    except KeyboardInterrupt:
        raise Interrupted(f'interrupted; go on with --resume --out {args.out}') from None
    if written and not args.quiet:
        print(f'results in {args.out}', file=sys.stderr)
    if failed and not args.quiet:
        print(f'{failed} of {len(items)} inputs could not be read', file=sys.stderr)
    return SOME_FAILED if failed else DONE


def _read_batches(
    args: argparse.Namespace, batches: Iterator[Batch], read: Any, count: int
) -> Iterator[tuple[list[Finished], list[ImageReadError]]]:
    """Results and errors of each batch, in order; several batches are read at once."""
    # The spotter is loaded after the first image, so that errors of inputs are printed at once.
    first = Batch([])
    for first in batches:
        if first.load().images:
            break
        yield [], first.errors
    if not first.images:
        return
    yield [], first.errors
    first.errors = []
    spotter = load_spotter(args)

    def work(batch: Batch) -> tuple[list[Finished], list[ImageReadError]]:
        batch.load()
        return read(spotter, batch, args) if batch.images else [], batch.errors

    workers = min(args.workers or spotter.default_workers, count)
    waiting = _pop_then(deque([first]), batches)
    del first  # so that its images are freed when it is read
    with contextlib.closing(spotter.map_batches(work, waiting, workers)) as results:
        yield from results


def _pop_then(first: deque[Batch], rest: Iterator[Batch]) -> Iterator[Batch]:
    yield first.popleft()
    yield from rest


def _write(one: Finished, writer: ResultWriter, args: argparse.Namespace) -> None:
    from pipeline.utils.atomic_write import write_whole

    if one.picture is not None:
        write_whole(args.out / f'{one.result.name}.png', one.picture)
    # The result is written last: --resume skips only inputs whose picture is written too.
    writer.write(one.result)
    if not args.quiet:
        _print(one.line)


def _photos_a_batch(count: int) -> int:
    """Photos whose crops share batches: up to four, but a single one if there are few photos."""
    return max(1, min(PHOTOS_A_BATCH, count // PHOTOS_A_BATCH))


def load_spotter(args: argparse.Namespace) -> TextSpotter:
    """The spotter of a command line."""
    spotter = choose_spotter(args, args.device).build()
    if args.crops:
        spotter.crop_batch_size = args.batch_size or CROPS_A_BATCH
    return spotter


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
