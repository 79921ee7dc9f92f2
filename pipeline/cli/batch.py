"""``clipter batch``: read many images on one machine or on a Ray cluster."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.cli.choices import BATCH_FORMATS, CPU_ENGINES
from pipeline.cli.common import (
    DONE,
    SOME_FAILED,
    CommandError,
    Interrupted,
    make_parser,
    positive_int,
    print_error,
    run_command,
)
from pipeline.cli.spotter_options import add_reading_options, choose_spotter
from pipeline.utils.progress import Progress

if TYPE_CHECKING:
    from pipeline.batch import Part, PartFolder, RaySettings, ReaderSettings

PART_SIZE = 256
SMALLER = 16
"""Factor by which the parts get smaller when none of them can be read, to find the image that ends
its process."""
ATTEMPTS = 2
"""Times that single inputs are read without any result before they get an error row."""
MOST_CRASHES = 10


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'batch',
        ['photos/ --out results',
         "'s3://bucket/photos/*.jpg' --out s3://bucket/words --address auto --num-gpus 1 "
         '--format parquet',
         'photos/ --out results --resume'],
        'Reads in parts: DIR/part-000000.jsonl has one line per image, as clipter infer '
        "--format jsonl writes it,\nor its error. Requires Ray: pip install -e "
        "'.[batch]'. The exit status is 1 if inputs could\nnot be read.",
    )  # fmt: skip
    add = parser.add_argument
    add(
        'inputs', nargs='+', metavar='INPUT',
        help='image files, folders, globs, PDF and TIFF files, http(s) addresses, and files, '
        'folders (ending in a slash) and globs of s3://, gs:// and others of fsspec',
    )  # fmt: skip
    add('--out', required=True, metavar='DIR', help='folder of the results, local or of fsspec')
    add(
        '--address', metavar='ADDRESS',
        help="Ray cluster, or 'auto' for that of this machine (default: starts Ray for this run)",
    )  # fmt: skip
    add('--num-gpus', type=int, choices=(0, 1), default=0, help='GPUs per spotter')
    add(
        '--concurrency', type=positive_int, metavar='N',
        help='largest number of spotters (default: what the cluster has)',
    )  # fmt: skip
    add(
        '--threads', type=positive_int, default=1, metavar='N',
        help='CPU cores per spotter; more spotters of one core read more images',
    )  # fmt: skip
    add('--part-size', type=positive_int, default=PART_SIZE, metavar='N', help='inputs per part')
    add_reading_options(parser)
    add('--format', choices=BATCH_FORMATS, default='jsonl', help='format of the parts')
    add('--strict', action='store_true', help='refuse truncated and damaged images')
    add('--password', metavar='TEXT', help='password of the PDF files that require one')
    add(
        '--resume', action='store_true',
        help='keep the finished parts of DIR, and read inputs that are in none of them',
    )  # fmt: skip
    add('--quiet', action='store_true', help='print errors only')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Read all inputs; returns the exit status."""
    return run_command(_batch, parse_args(argv))


def _batch(args: argparse.Namespace) -> int:
    if '-' in args.inputs:
        raise CommandError('standard input cannot be read in parts: use clipter infer')
    if args.num_gpus and args.engine in CPU_ENGINES:
        raise CommandError(
            f'--engine {args.engine} runs on the CPU: leave out --num-gpus, or use torch'
        )
    spotter = choose_spotter(args, 'cuda' if args.num_gpus else 'cpu', args.threads)
    from pipeline.batch import PartFolder, RaySettings, ReaderSettings, plan_parts, ray_run
    from pipeline.io.listing import list_files

    ray_run.check_ray()
    out = PartFolder(args.out, args.format)
    files, problems = list_files(args.inputs, excluded=[os.path.realpath(args.out)])
    for problem in problems:
        print_error(problem)
    if not files:
        raise CommandError('no inputs')
    out.start(_result_settings(args), args.resume)
    finished = out.finished()
    known = {source for manifest in finished.values() for source in manifest['inputs']}
    todo = [source for source in files if source not in known]
    _report_inputs(args, files, todo, known)
    first = max(finished, default=-1) + 1
    reader = ReaderSettings(spotter, out, os.getcwd(), args.threads, args.strict, args.password)
    machines = RaySettings(args.address, args.num_gpus, args.concurrency)
    failure = ''
    if todo:
        with ray_run.ray_started(machines), Progress(len(todo), 'image', args.quiet) as progress:
            try:
                size = min(args.part_size, _balanced_size(len(todo), args.concurrency))
                failure = _read(plan_parts(todo, size, first), reader, machines, progress)
            except KeyboardInterrupt:
                raise Interrupted(f'interrupted; go on with --resume --out {args.out}') from None
    return _summary(args, out, todo, failure, bool(problems))


def _result_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The options that change the results."""
    names = (
        'config', 'checkpoint', 'context', 'words', 'min_score', 'strict', 'charset', 'orientation',
        'long_side', 'tile', 'tower', 'pretrained',
    )  # fmt: skip
    settings = {name: getattr(args, name) for name in names}
    return {**settings, 'onnx': None if args.onnx is None else str(args.onnx)}


def _report_inputs(
    args: argparse.Namespace, files: Sequence[str], todo: Sequence[str], known: set[str]
) -> None:
    if args.quiet:
        return
    print(f'{len(files)} input{"" if len(files) == 1 else "s"} found', file=sys.stderr)
    if len(todo) < len(files):
        print(f'{len(files) - len(todo)} of them are in {args.out} already', file=sys.stderr)
    others = len(known - set(files))
    if others:
        print(
            f'{args.out} also keeps the results of {others} inputs that are not named now',
            file=sys.stderr,
        )


def _balanced_size(num_inputs: int, concurrency: int | None) -> int:
    """A size of parts with which short runs occupy all actors too."""
    workers = concurrency or os.cpu_count() or 1
    return max(1, -(-num_inputs // (4 * workers)))


def _read(
    parts: list[Part], reader: ReaderSettings, machines: RaySettings, progress: Progress
) -> str:
    """Read parts, and again those that are lost with their process or machine.

    Returns:
        The last failure of writing, or an empty text.
    """
    from pipeline.batch import plan_parts, ray_run
    from pipeline.batch.part_reader import write_crash

    failure, attempts = '', 0
    while parts and not failure:
        for done in ray_run.read_parts(parts, reader, machines):
            failure = done.failure or failure
            progress.update(0 if done.failure else done.inputs)
        finished = reader.out.finished()
        lost = [part for part in parts if part.number not in finished]
        if len(lost) == len(parts):
            size = max(len(part.inputs) for part in lost)
            attempts += size == 1
            if attempts == ATTEMPTS:
                # If most inputs are lost, the machines are the cause and not the images.
                if len(lost) <= max(MOST_CRASHES, progress.total // 100):
                    for part in lost:
                        write_crash(reader.out, part)
                break
            if size > 1:
                inputs = [source for part in lost for source in part.inputs]
                first = max([*finished, *(part.number for part in lost)]) + 1
                lost = plan_parts(inputs, max(1, size // SMALLER), first)
        parts = lost
    return failure


def _summary(
    args: argparse.Namespace, out: PartFolder, todo: Sequence[str], failure: str, problems: bool
) -> int:
    finished = out.finished()
    missing = set(todo) - {
        source for manifest in finished.values() for source in manifest['inputs']
    }
    if missing:
        raise CommandError(
            f'{len(missing)} inputs have no result in {args.out}'
            + (f': {failure}' if failure else ''),
            note='Every machine must be able to write there. Go on with --resume.',
        )
    errors = sum(manifest['errors'] for manifest in finished.values())
    rows = sum(manifest['rows'] for manifest in finished.values())
    if not args.quiet:
        print(f'{args.out}: {rows - errors} images are read, {errors} could not be read')
    return SOME_FAILED if errors or problems else DONE


if __name__ == '__main__':
    sys.exit(main())
