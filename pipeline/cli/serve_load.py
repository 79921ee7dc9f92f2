"""``clipter serve-load``: measure a server under load, on this machine only."""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.common import (
    DONE,
    SOME_FAILED,
    CommandError,
    existing_file,
    make_parser,
    positive_int,
    run_command,
    share,
)
from pipeline.cli.serve import require_packages

if TYPE_CHECKING:
    from pipeline.serve.load_test import LoadPhoto, LoadReport
    from pipeline.spotter import TextSpotter

MOST_CLIENTS = 1000
MOST_SECONDS = 3600
_START_S = 300.0


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'serve-load',
        ['photos/1.jpg photos/2.jpg --clients 200 --seconds 120'],
        'Starts clipter serve on a free port of 127.0.0.1, sends images from many clients, stops\n'
        'the server, and compares the throughput with reading the same images without a server.\n'
        'A share of the requests is malformed or cut off.',
    )
    add = parser.add_argument
    add('photos', nargs='+', type=existing_file, metavar='PHOTO', help='photos of the requests')
    add('--clients', type=positive_int, default=20, metavar='N', help='clients at the same time')
    add('--seconds', type=positive_int, default=60, metavar='S', help='time of sending requests')
    add(
        '--bad-share', type=share, default=0.05, metavar='P',
        help='share of requests that are malformed or cut off, half each',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='random seed')
    add('--workers', type=positive_int, metavar='N', help='of clipter serve')
    add('--queue', type=positive_int, default=64, metavar='N', help='of clipter serve')
    add('--batch-size', type=positive_int, default=4, metavar='N', help='of clipter serve')
    args = parser.parse_args(argv)
    if args.clients > MOST_CLIENTS or args.seconds > MOST_SECONDS:
        parser.error(f'wanted at most {MOST_CLIENTS} clients and {MOST_SECONDS} seconds')
    return args


def main(argv: list[str] | None = None) -> int:
    """Run the test and print the report; returns the exit status."""
    return run_command(_measure, parse_args(argv))


def _measure(args: argparse.Namespace) -> int:
    require_packages()

    from pipeline.serve.load_test import LoadTest
    from pipeline.spotter import TextSpotter

    spotter = TextSpotter.default('cpu')
    photos = _read_photos(args.photos, spotter)
    # Measured before and after, because the speed of a shared machine changes.
    seconds = max(5.0, args.seconds / 10)
    speeds = [_speed(spotter, photos, seconds)]
    with _server(args) as port:
        report = LoadTest(port, photos, args.clients, args.seconds, args.bad_share, args.seed).run()
    speeds.append(_speed(spotter, photos, seconds))
    _print(report, sum(speeds) / len(speeds))
    return SOME_FAILED if report.has_failures else DONE


def _read_photos(paths: list[Path], spotter: TextSpotter) -> list[LoadPhoto]:
    from pipeline.serve.load_test import LoadPhoto

    return [
        LoadPhoto(path.read_bytes(), [word.text for word in spotter.read(path)]) for path in paths
    ]


def _speed(spotter: TextSpotter, photos: list[LoadPhoto], seconds: float) -> float:
    """Photos per second without a server, as ``clipter infer`` reads them."""
    start = time.perf_counter()

    def repeat() -> Iterator[bytes]:
        while time.perf_counter() - start < seconds:
            for photo in photos:
                yield photo.data

    count = sum(1 for _ in spotter.stream(repeat()))
    return count / (time.perf_counter() - start)


@contextmanager
def _server(args: argparse.Namespace) -> Iterator[int]:
    """A server in a process of its own; gives its port."""
    options = [f'--queue={args.queue}', f'--batch-size={args.batch_size}']
    if args.workers:
        options.append(f'--workers={args.workers}')
    command = [sys.executable, '-m', 'pipeline.cli', 'serve', '--port=0', '--device=cpu', '--quiet']
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r'http://127\.0\.0\.1:(\d+)', process.stdout.readline())
        if found is None:
            raise CommandError(f'clipter serve ended with status {process.wait(_START_S)}')
        yield int(found[1])
        process.send_signal(signal.SIGTERM)
        status = process.wait(_START_S)
        if status:
            raise CommandError(f'clipter serve ended with status {status}, wanted 0')
    finally:
        process.kill()
        process.wait()


def _print(report: LoadReport, infer_speed: float) -> None:
    counts = report.counts
    speed = report.photos_per_second
    print(
        f'read           {counts["read"]} images in {report.seconds:.1f} s, {speed:.2f} per second'
    )
    print(f'without server {infer_speed:.2f} images per second; ratio {speed / infer_speed:.2f}')
    for name, half in (('time of answer', None), ('  first half', 0), ('  second half', 1)):
        p50, p99 = report.percentile(50, half), report.percentile(99, half)
        print(f'{name:14} p50 {p50:.2f} s, p99 {p99:.2f} s')
    megabytes = [round(value / 1e6) for value in report.memory]
    print(f'server memory  {megabytes[0]} MB at the start, {megabytes[-1]} MB at the end')
    print(f'  on the way   {" ".join(map(str, megabytes))}')
    for name in ('refused', 'malformed', 'cut off', *report.FAILURES):
        print(f'{name:14} {counts[name]}')


if __name__ == '__main__':
    sys.exit(main())
