"""Read malformed files: only documented errors, no crash, no hang, bounded memory.

Usage: python tests/tools/fuzz.py [--cases N] [--seconds T] [--seed S] [--keep DIR]

Case i of a seed is always the same file. Cases run in child processes. A case fails if it raises
an undocumented error, ends its process, takes more than 10 s of processor time, or if its process
needs more than 2 GB. The exit status is 1 if a case fails.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import fuzz_files
import numpy as np

from pipeline.io import ImageReadError, iter_inputs, read_image

MAX_SECONDS = 10
MAX_MB = 2000
_PER_PROCESS = 250

Run = Callable[[Path, np.random.Generator], str]


def read_images(folder: Path, rng: np.random.Generator) -> str:
    """An image or document through ``read_image`` and ``iter_inputs``, rarely to a spotter."""
    kind = str(rng.choice([*fuzz_files.IMAGE_FORMATS, 'bomb', 'pages']))
    if kind == 'bomb':
        data = fuzz_files.bomb(rng)
    elif kind == 'pages':
        data = fuzz_files.many_pages(rng)
    else:
        data = fuzz_files.mutate(fuzz_files.valid_image(kind), rng)
    path = folder / f'case.{"pdf" if kind == "pages" else kind.lower()}'
    path.write_bytes(data)
    outcome = 'refused'
    with contextlib.suppress(ImageReadError):
        image = read_image(path, strict=bool(rng.random() < 0.2))
        outcome = 'read'
        if rng.random() < 0.02 and image.size < 3_000_000:
            _spotter().read(image)
    for item in islice(iter_inputs([path]), 3):
        with contextlib.suppress(ImageReadError):
            assert item.load().dtype == np.uint8
            outcome = 'read'
    return f'{kind.lower()} {outcome}'


def evaluate(folder: Path, rng: np.random.Generator) -> str:
    """Ground truth, predictions and lexicon through ``clipter evaluate``."""
    from pipeline.cli import evaluate

    for name in ('gt', 'pred'):
        (folder / name).mkdir()
    gt, pred = (
        fuzz_files.mutate_text(fuzz_files.GT_LINES, rng)
        if rng.random() < 0.6 else fuzz_files.GT_LINES.encode()
        for _ in range(2)
    )  # fmt: skip
    (folder / 'gt' / 'gt_img_1.txt').write_bytes(gt)
    (folder / 'pred' / 'res_img_1.txt').write_bytes(pred)
    options = ['--gt', str(folder / 'gt'), '--pred', str(folder / 'pred')]
    protocol = str(rng.choice(['icdar2015', 'icdar2013', 'totaltext']))
    if rng.random() < 0.5:
        (folder / 'words.txt').write_bytes(fuzz_files.mutate_text(fuzz_files.LEXICON, rng))
        options += ['--lexicon', str(folder / 'words.txt'), '--lexicon-level', 'generic']
    return f'evaluate {_status(evaluate.main([*options, "--protocol", protocol]))}'


def prepare_dataset(folder: Path, rng: np.random.Generator) -> str:
    """A data set through ``clipter prepare-dataset``."""
    from pipeline.cli import prepare_dataset

    for name in ('ch4_training_images', 'ch4_training_localization_transcription_gt'):
        (folder / name).mkdir()
    photo = fuzz_files.valid_image('PNG')
    (folder / 'ch4_training_images' / 'img_1.png').write_bytes(
        fuzz_files.mutate(photo, rng) if rng.random() < 0.3 else photo
    )
    labels = folder / 'ch4_training_localization_transcription_gt' / 'gt_img_1.txt'
    labels.write_bytes(fuzz_files.mutate_text(fuzz_files.GT_LINES, rng))
    options = ['icdar2015', '--root', str(folder), '--out', str(folder / 'out')]
    return f'prepare-dataset {_status(prepare_dataset.main(options))}'


def load_settings(folder: Path, rng: np.random.Generator) -> str:
    """A manifest of an exported spotter, a word list or a weights file."""
    from pipeline.onnx.manifest import FILE_NAME, read_manifest
    from pipeline.onnx.spotter import DEFAULT_FOLDER
    from pipeline.recognition.language.word_list import read_word_list
    from pipeline.utils.weight_files import read_state

    kind = str(rng.choice(['manifest', 'word list', 'weights']))
    path = folder / FILE_NAME
    try:
        if kind == 'manifest':
            text = (DEFAULT_FOLDER / FILE_NAME).read_text(encoding='utf-8')
            path.write_bytes(fuzz_files.mutate_text(text, rng))
            read_manifest(folder)
        elif kind == 'word list':
            path.write_bytes(fuzz_files.mutate_text(fuzz_files.LEXICON, rng))
            read_word_list(path)
        else:
            path.write_bytes(fuzz_files.mutate(fuzz_files.valid_weights(), rng))
            read_state(path)
    except ValueError:
        return f'{kind} refused'
    return f'{kind} read'


KINDS: dict[str, tuple[float, Run]] = {
    'images': (0.7, read_images),
    'evaluate': (0.12, evaluate),
    'prepare-dataset': (0.08, prepare_dataset),
    'settings': (0.1, load_settings),
}
"""Share of the cases, and the function that runs one."""


def run_case(seed: int, number: int, folder: Path, kinds: tuple[str, ...] = tuple(KINDS)) -> str:
    """Run one case in an empty folder; returns its outcome."""
    rng = np.random.default_rng([seed, number])
    shares = np.array([KINDS[kind][0] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter('ignore')
        return KINDS[kind][1](folder, rng)


def run_cases(
    seed: int, first: int, count: int, kinds: tuple[str, ...], folder: Path, send: Any
) -> None:
    """Run cases one after the other in this process, and send their outcomes."""
    at_start = _peak_mb()  # a forked process starts with the memory of its parent
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)  # messages of C libraries
    for number in range(first, first + count):
        case = folder / 'case'
        shutil.rmtree(case, ignore_errors=True)
        case.mkdir()
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + MAX_SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        send.send((number, None, 0))
        try:
            outcome = run_case(seed, number, case, kinds)
        except BaseException:
            outcome = 'FAILED ' + traceback.format_exc()
        send.send((number, outcome, _peak_mb() - at_start))


def fuzz(
    cases: int,
    seed: int,
    kinds: tuple[str, ...] = tuple(KINDS),
    keep: Path | None = None,
    seconds: float = math.inf,
) -> tuple[Counter[str], list[str], int]:
    """Run cases in child processes.

    Args:
        cases: Number of cases.
        seed: Seed of the cases.
        kinds: Names in ``KINDS``.
        keep: Folder for the files of cases that end their process.
        seconds: No process is started after this time.

    Returns:
        Number of cases by outcome, descriptions of the failures, and the largest growth of a
            process in MB.
    """
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    largest, first = 0, 0
    context = multiprocessing.get_context('fork')
    began = time.monotonic()
    while first < cases and time.monotonic() - began < seconds:
        count = min(_PER_PROCESS, cases - first)
        receive, send = context.Pipe(duplex=False)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            arguments = (seed, first, count, kinds, folder, send)
            process = context.Process(target=run_cases, args=arguments)
            process.start()
            send.close()
            number, outcome = first, None
            with contextlib.suppress(EOFError):
                while True:
                    number, outcome, memory = receive.recv()
                    largest = max(largest, memory)
                    if outcome is not None:
                        failed = outcome.startswith('FAILED')
                        outcomes['FAILED' if failed else outcome] += 1
                        if failed or memory > MAX_MB:
                            failures.append(f'case {number}: {outcome}, {memory} MB')
            process.join()
            if outcome is None:
                hung = process.exitcode == -signal.SIGXCPU
                what = f'more than {MAX_SECONDS} s' if hung else f'exit code {process.exitcode}'
                failures.append(f'case {number}: {what}')
                outcomes['FAILED'] += 1
                if keep is not None:
                    shutil.copytree(folder / 'case', keep / str(number), dirs_exist_ok=True)
        first = number + 1
    return outcomes, failures, largest


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@lru_cache
def _spotter() -> Any:
    from pipeline import TextSpotter

    return TextSpotter.default(threads=1)


def _status(status: int) -> str:
    assert status in (0, 1, 2), status
    return ('done', 'some failed', 'refused')[status]


def main() -> int:
    """Run the cases of the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--cases', type=int, default=10_000, metavar='N')
    parser.add_argument(
        '--seconds', type=float, default=math.inf, metavar='T', help='start no cases after T s'
    )
    parser.add_argument('--seed', type=int, default=0, metavar='S')
    parser.add_argument('--keep', type=Path, metavar='DIR', help='folder for files that fail')
    args = parser.parse_args()
    outcomes, failures, largest = fuzz(args.cases, args.seed, keep=args.keep, seconds=args.seconds)
    for outcome, count in sorted(outcomes.items()):
        print(f'{count:7,} {outcome}')
    print(
        f'{len(failures)} of {sum(outcomes.values()):,} cases failed; '
        f'a process grew by at most {largest} MB'
    )
    for failure in failures[:20]:
        print(failure)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
