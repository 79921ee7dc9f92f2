"""Interrupt ``clipter infer`` in many ways; after ``--resume`` every result is there once.

Usage: python tests/tools/faults.py [--moments N] [--only FAULT ...] [--seed S]

Each fault happens at N random moments, for each of several result formats:

- ``kill``: the process is killed (SIGKILL) and resumed.
- ``disk full``: the output folder is a tmpfs that is too small. It is enlarged before the resume.
- ``read-only``: the output folder becomes read-only during the run.
- ``vanished``: inputs are deleted during the run. The others must have their results.
- ``shared``: two runs write to one folder at the same time, and one of them is resumed.

``disk full`` and ``read-only`` mount file systems, which requires root; otherwise they are left
out. Reading is replaced by a fixed function of the pixels, because the faults concern files only.
The exit status is 1 if a result is missing, twice, or different from an undisturbed run's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.cli import infer
from pipeline.image_stream import ImageStream
from pipeline.structures import ImageWords, Word

IMAGES = 12
FORMATS = ('json', 'jsonl', 'csv', 'icdar', 'pdf')
SECONDS = 0.01  # Time per image, so that faults hit different images.


def read_batch(images: list[np.ndarray]) -> list[ImageWords]:
    """One word per image, named after its color."""
    time.sleep(SECONDS * len(images))
    ring = np.array([[1, 1], [20, 1], [20, 9], [1, 9]], dtype=np.float32)
    texts = (f'w{int(image[0, 0, 0])}' for image in images)
    return [
        ImageWords([Word(ring, text, 0.9, 0.9), Word(ring + 2, text, 0.8, 0.9)]) for text in texts
    ]


def start(inputs: Path, out: Path, result_format: str, *options: str) -> Any:
    """Start a run in a child process that can be killed."""
    argv = [str(inputs), '--out', str(out), '--format', result_format, '--no-draw', *options]
    process = multiprocessing.get_context('fork').Process(target=_run, args=(argv,))
    process.start()
    return process


def run(inputs: Path, out: Path, result_format: str, *options: str) -> int:
    """Run to the end; returns the exit status."""
    process = start(inputs, out, result_format, *options)
    process.join()
    return process.exitcode


def results(out: Path) -> dict[str, Any]:
    """The content of the results without times, by file and line."""
    found: dict[str, Any] = {}
    for path in sorted(out.iterdir()):
        if path.name.endswith('.part'):
            continue
        for number, text in enumerate(sorted(_contents(path))):
            found[f'{path.name}:{number}'] = text
    return found


def kill(inputs: Path, out: Path, result_format: str, moment: float) -> bool:
    """Kill a run at a moment."""
    process = start(inputs, out, result_format)
    time.sleep(moment)
    process.kill()
    process.join()
    return process.exitcode in (0, -signal.SIGKILL)


def disk_full(inputs: Path, out: Path, result_format: str, moment: float) -> bool:
    """Run on a small file system: the run must end with an error line, not with a traceback."""
    size = 4096 * (2 + round(moment / SECONDS))
    with _tmpfs(out, size):
        status = run(inputs, out, result_format)
        _mount('-o', 'remount,size=8m', str(out))
        return status in (0, 2) and _finish(inputs, out, result_format)


def read_only(inputs: Path, out: Path, result_format: str, moment: float) -> bool:
    """Make the output read-only during a run."""
    with _tmpfs(out, 8_000_000):
        process = start(inputs, out, result_format)
        time.sleep(moment)
        # Busy while a file is open for writing.
        while process.is_alive() and _mount('-o', 'remount,ro', str(out), check=False):
            pass
        process.join()
        _mount('-o', 'remount,rw', str(out))
        return process.exitcode in (0, 2) and _finish(inputs, out, result_format)


def vanished(inputs: Path, out: Path, result_format: str, moment: float) -> bool:
    """Delete the second half of the inputs during a run, and bring them back for the resume."""
    process = start(inputs, out, result_format)
    time.sleep(moment)
    half = sorted(inputs.iterdir())[IMAGES // 2 :]
    kept = {path: path.read_bytes() for path in half}
    for path in half:
        path.unlink()
    process.join()
    for path, content in kept.items():
        path.write_bytes(content)
    return process.exitcode in (0, 1)


def shared(inputs: Path, out: Path, result_format: str, moment: float) -> bool:
    """Start a second run in the same folder during the first one."""
    first = start(inputs, out, result_format)
    time.sleep(moment)
    second = start(inputs, out, result_format, '--resume')
    first.join()
    second.join()
    return (first.exitcode, second.exitcode) == (0, 0)


FAULTS: dict[str, Callable[[Path, Path, str, float], bool]] = {
    'kill': kill,
    'disk full': disk_full,
    'read-only': read_only,
    'vanished': vanished,
    'shared': shared,
}
MOUNTS = ('disk full', 'read-only')


def check_fault(fault: str, result_format: str, moments: int, seed: int) -> list[str]:
    """Cause a fault at random moments; returns a description of each failure."""
    rng = np.random.default_rng([seed, FORMATS.index(result_format), len(fault)])
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Path(scratch, 'inputs')
        inputs.mkdir()
        for number in range(IMAGES):
            Image.new('RGB', (24, 12), (0, 0, 10 + number)).save(inputs / f'{number:02d}.png')
        undisturbed = Path(scratch, 'undisturbed')
        began = time.perf_counter()
        assert run(inputs, undisturbed, result_format) == 0
        duration = time.perf_counter() - began
        wanted = results(undisturbed)
        for number in range(moments):
            moment = float(rng.uniform(0, duration))
            out = Path(scratch, 'out')
            shutil.rmtree(out, ignore_errors=True)
            if not FAULTS[fault](inputs, out, result_format, moment):
                failures.append(f'{fault}, {result_format}, moment {number}: unexpected status')
                continue
            if fault not in MOUNTS and not _finish(inputs, out, result_format):
                failures.append(f'{fault}, {result_format}, moment {number}: resume failed')
            saved = Path(scratch, 'saved') if fault in MOUNTS else out
            if results(saved) != wanted:
                failures.append(f'{fault}, {result_format}, moment {number}: other results')
    return failures


class _Spotter(ImageStream):
    default_workers = 1

    def read_batch(self, images: Any) -> Any:
        return read_batch(images)


def _run(argv: list[str]) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(devnull, stream)
    infer.load_spotter = lambda args: _Spotter()  # type: ignore
    os._exit(infer.main(argv))


def _finish(inputs: Path, out: Path, result_format: str) -> bool:
    """Resume to the end."""
    done = run(inputs, out, result_format, '--resume') == 0
    if os.path.ismount(out):  # the file system goes away
        saved = out.with_name('saved')
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(out, saved)
    return done


def _contents(path: Path) -> list[str]:
    if path.suffix == '.json':
        record = json.loads(path.read_text(encoding='utf-8'))
        return [json.dumps({**record, 'seconds': 0})]
    if path.suffix == '.jsonl':
        lines = path.read_text(encoding='utf-8').splitlines()
        return [json.dumps({**json.loads(line), 'seconds': 0}) for line in lines]
    if path.suffix == '.pdf':
        from pipeline.io.pdf import page_sizes

        return [f'{len(page_sizes(str(path), path.name, 72))} pages']
    return path.read_text(encoding='utf-8').splitlines()


@contextlib.contextmanager
def _tmpfs(folder: Path, size: int) -> Iterator[None]:
    folder.mkdir(parents=True)
    _mount('-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(folder))
    try:
        yield
    finally:
        subprocess.run(['umount', str(folder)], check=True)


def _mount(*options: str, check: bool = True) -> int:
    done = subprocess.run(['mount', *options], check=check, capture_output=True)
    return done.returncode


def can_mount() -> bool:
    """Whether this process may mount file systems."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with _tmpfs(Path(scratch, 'a'), 65536):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def main() -> int:
    """Cause all faults and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--moments', type=int, default=50, metavar='N')
    parser.add_argument(
        '--only', nargs='+', choices=FAULTS, default=list(FAULTS), help='faults (default: all)'
    )
    parser.add_argument('--seed', type=int, default=0, metavar='S')
    args = parser.parse_args()
    mounts = can_mount()
    failures = []
    for fault in args.only:
        if fault in MOUNTS and not mounts:
            print(f'{fault:10} left out: mounting is not allowed')
            continue
        for result_format in FORMATS:
            found = check_fault(fault, result_format, args.moments, args.seed)
            print(f'{fault:10} {result_format:6} {args.moments - len(found)} of {args.moments}')
            failures += found
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
