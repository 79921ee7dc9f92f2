"""``clipter benchmark``: measure how fast images are read, and how much memory that takes."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from pipeline.cli.benchmark_report import (
    print_cold_starts,
    print_comparison,
    print_context_costs,
    print_crop_cost,
    print_detector_cost,
    print_machine,
    print_soak,
    print_start_ratio,
    print_throughput,
)
from pipeline.cli.choices import ENGINES
from pipeline.cli.common import (
    DONE,
    CommandError,
    add_device,
    add_precision,
    add_spotter,
    changed_options,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import find_config

if TYPE_CHECKING:
    import torch

    from pipeline.io import InputItem
    from pipeline.torch_spotter import TorchTextSpotter

UNUSED = {
    'photos': ['scenes'],
    'cold_start': ['batch_size'],
    'soak': ['repeat', 'against'],
    'detector': ['batch_size', 'against'],
    'crops': ['batch_size', 'against', 'context', 'long_side'],
    'context': [
        'cold_start', 'soak', 'detector', 'crops', 'against', 'batch_size', 'engine', 'long_side',
        'precision',
    ],
}  # fmt: skip
"""Measurement or source of images -> options that would have no effect."""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'benchmark',
        ['', '--photos photos/ --batch-size 4 --device cuda --json speed.json', '--cold-start',
         '--photos photos/ --batch-size 4 --against rapidocr --threads 2',
         '--cold-start --against rapidocr', '--soak 1000', '--context', '--detector',
         '--crops --photos word_crops/'],
        'Other programs on the machine increase the wall time, but hardly the processor time, '
        'which is printed\nbeside it.',
    )  # fmt: skip
    add = parser.add_argument
    add(
        '--photos', nargs='+', metavar='PATH',
        help='image files, folders or globs (default: drawn scenes of 1280x720 with 10 words)',
    )  # fmt: skip
    add('--scenes', type=positive_int, default=10, metavar='N', help='number of drawn scenes')
    add('--repeat', type=positive_int, default=3, metavar='N', help='passes over the images')
    add('--batch-size', type=positive_int, default=1, metavar='N', help='images per batch')
    add_device(parser, default='cpu')
    parser.add_argument(
        '--engine', choices=ENGINES, default='auto',
        help='engine of the embedded default: onnx, openvino, torch, or auto (onnx on a CPU)',
    )  # fmt: skip
    add(
        '--threads', type=positive_int, metavar='N',
        help='threads of torch and OpenCV (default: their own choice)',
    )  # fmt: skip
    add(
        '--long-side', type=positive_int, metavar='PX',
        help="long side of the images in the detector (default: the config's own)",
    )  # fmt: skip
    add_precision(parser)
    add_spotter(parser)
    add(
        '--context', nargs='?', const='cost', choices=('on', 'off', 'cost'),
        help="scene context (default: the config's own setting); without a value: measure the "
        'cost of context for an image with 1, 20 and 100 words',
    )  # fmt: skip
    add(
        '--tower', default='clipter-lite0', metavar='NAME',
        help='tower whose cost --context measures if the config has no scene context',
    )  # fmt: skip
    add(
        '--against', choices=('rapidocr',),
        help='measure beside RapidOCR, in alternating blocks of images, or with --cold-start in '
        'alternating processes',
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        '--cold-start', action='store_true',
        help='measure --repeat fresh processes, from their start to the first result',
    )  # fmt: skip
    what.add_argument(
        '--soak', type=positive_int, metavar='N', help='read N images and record the memory'
    )
    what.add_argument(
        '--detector', action='store_true',
        help="measure the detector only, beside the network of MMOCR's DBNet-R18",
    )  # fmt: skip
    what.add_argument(
        '--crops', action='store_true',
        help='measure the recognizer only: --photos are word crops, read in batches of 16',
    )  # fmt: skip
    add('--json', type=Path, metavar='PATH', help='file for the numbers')
    args = parser.parse_args(argv)
    _refuse_unused(parser, args)
    return args


def _refuse_unused(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """End the command if an option would have no effect on the numbers."""
    for measurement, names in UNUSED.items():
        chosen = args.context == 'cost' if measurement == 'context' else getattr(args, measurement)
        unused = changed_options(parser, args, names) if chosen else ''
        if unused:
            option = '--' + measurement.replace('_', '-')
            parser.error(f'{option} does not use {unused}: leave one of them out')
    if args.context != 'cost' and changed_options(parser, args, ['tower']):
        parser.error('--tower is the tower whose cost --context measures: give --context too')


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    return run_command(_benchmark, parse_args(argv))


def _benchmark(args: argparse.Namespace) -> int:
    if args.crops and not args.photos:
        raise CommandError('--crops requires word crops: name a folder with --photos.')
    if args.config:
        args.config = str(find_config(args.config))
    import cv2
    import torch

    from pipeline.benchmark import check_rapidocr, describe_machine, draw_photos
    from pipeline.io import iter_inputs
    from pipeline.spotter_choice import SpotterChoice
    from pipeline.utils.device import choose_device

    if args.against:
        check_rapidocr()
    device = choose_device(args.device)
    SpotterChoice(**_spotter_arguments(args, device)).check()
    if args.threads is not None:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        photos = args.photos or draw_photos(Path(folder), args.scenes)
        items = list(iter_inputs(photos))
        machine = describe_machine(device)
        print_machine(machine)
        source = 'given' if args.photos else 'drawn, 1280x720 with 10 words each'
        print(f'images       {len(items)}, {source}')
        try:
            result = _measure(args, device, items)
        except RuntimeError as error:  # a fresh process failed, or the device is out of memory
            raise CommandError(str(error)) from error
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        record = {'machine': machine, 'batch_size': args.batch_size, **result}
        args.json.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')
    return DONE


def _measure(
    args: argparse.Namespace, device: torch.device, items: Sequence[InputItem]
) -> dict[str, Any]:
    """Run the requested measurement, print it, and return it for JSON."""
    from pipeline.benchmark import (
        build_peer,
        build_rapidocr,
        compare,
        measure_crop_cost,
        measure_detector_cost,
        measure_throughput,
        soak,
    )
    from pipeline.spotter_choice import SpotterChoice

    if args.context == 'cost':
        return _measure_context(args, device, items[0])
    choice = _spotter_arguments(args, device)
    if args.cold_start:
        items[0].load()  # reports an unreadable image before a process is started
        return _measure_cold_starts(args, items[0].source, choice)
    spotter: Any = SpotterChoice(**choice, threads=args.threads).build()
    if args.detector:
        photos = [item.load() for item in items]
        with _progress(None, 'pass', args.repeat + 1) as bar:
            cost = measure_detector_cost(
                spotter.detector, build_peer(device), photos, args.repeat, lambda: bar.update(1)
            )
        print_detector_cost(cost)
        return {'detector_cost': asdict(cost)}
    if args.crops:
        crops = [item.load() for item in items]
        with _progress(None, 'pass', args.repeat + 1) as bar:
            crop_cost = measure_crop_cost(
                spotter, crops, repeat=args.repeat, on_pass=lambda: bar.update(1)
            )
        print_crop_cost(crop_cost)
        return {'crop_cost': asdict(crop_cost)}
    if args.against:
        peer = build_rapidocr(args.threads)
        with _progress(None, 'image', args.repeat * len(items)) as bar:
            found = compare(spotter, peer, items, args.batch_size, args.repeat, bar.update)
        print_comparison(found)
        return {'comparison': asdict(found)}
    total = args.soak or 2 * args.repeat * len(items)
    with _progress(None, 'image', total) as bar:
        if args.soak:
            soaked = soak(spotter, items, args.soak, args.batch_size, bar.update)
        else:
            speed = measure_throughput(spotter, items, args.batch_size, args.repeat, bar.update)
    if args.soak:
        print_soak(soaked)
        return {'soak': asdict(soaked)}
    print_throughput(speed)
    return {'throughput': asdict(speed)}


def _measure_cold_starts(
    args: argparse.Namespace, photo: str, choice: dict[str, Any]
) -> dict[str, Any]:
    """Measure fresh processes, in turn with those of the other program if there is one."""
    from pipeline.benchmark import measure_cold_start

    own, peer = [], []
    for _ in _progress(range(args.repeat), 'process'):
        own.append(measure_cold_start(photo, choice, args.threads))
        if args.against:
            peer.append(measure_cold_start(photo, threads=args.threads, peer=True))
    print_cold_starts(own)
    if peer:
        print('rapidocr')
        print_cold_starts(peer)
        print_start_ratio(own, peer)
    return {'cold_starts': [asdict(s) for s in own], 'of_rapidocr': [asdict(s) for s in peer]}


def _spotter_arguments(args: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    """Arguments of the ``SpotterChoice``, without ``threads``."""
    return {
        'config': args.config,
        'checkpoint': args.checkpoint,
        'engine': args.engine,
        'precision': args.precision,
        'device': str(device),
        'context': None if args.context is None else args.context == 'on',
        'long_side': args.long_side,
    }


def _measure_context(
    args: argparse.Namespace, device: torch.device, item: InputItem
) -> dict[str, Any]:
    """Measure the time of an image with context off and on."""
    from pipeline.benchmark import add_random_context, measure_context_cost
    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

    spotter: TorchTextSpotter = TextSpotter.from_config(
        args.config or DEFAULT_CONFIG, args.checkpoint, device
    )
    what = "the config's own encoder and fusion"
    if not spotter.has_context:
        spotter = add_random_context(spotter, args.tower)
        what = f'{args.tower} and MH-CA mini, early; random weights take as long as trained ones'
    print(f'context      {what}')
    with _progress(None, 'reading') as bar:
        costs = measure_context_cost(
            spotter, item.load(), repeat=args.repeat, on_pass=lambda: bar.update(1)
        )
    print_context_costs(costs)
    return {'context_cost': [asdict(cost) for cost in costs]}


def _progress(steps: Any, unit: str, total: int | None = None) -> Any:
    return tqdm(
        steps,
        total=total,
        unit=unit,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
    )


if __name__ == '__main__':
    sys.exit(main())
