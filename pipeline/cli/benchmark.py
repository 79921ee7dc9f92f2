"""``clipter benchmark``: measure how fast images are read, and how much memory that takes."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from pipeline.cli.choices import ENGINES
from pipeline.cli.common import (
    DONE,
    CommandError,
    add_device,
    add_spotter,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import find_config

if TYPE_CHECKING:
    import torch

    from pipeline.benchmark import (
        ColdStart,
        ContextCost,
        CropCost,
        DetectorCost,
        Soak,
        Throughput,
    )
    from pipeline.io import InputItem
    from pipeline.spotter import TextSpotter
    from pipeline.torch_spotter import TorchTextSpotter


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'benchmark',
        ['', '--photos photos/ --batch-size 4 --device cuda --json speed.json', '--cold-start',
         '--soak 1000', '--context', '--detector', '--crops --photos word_crops/'],
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
        help='engine of the embedded default: onnx, torch, or auto (onnx on a CPU)',
    )  # fmt: skip
    add(
        '--threads', type=positive_int, metavar='N',
        help='threads of torch and OpenCV (default: their own choice)',
    )  # fmt: skip
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
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    return run_command(_benchmark, parse_args(argv))


def _benchmark(args: argparse.Namespace) -> int:
    if args.crops and not args.photos:
        raise CommandError('--crops requires word crops: name a folder with --photos.')
    if args.config:
        args.config = find_config(args.config)

    import cv2
    import torch

    from pipeline.benchmark import describe_machine, draw_photos
    from pipeline.io import iter_inputs
    from pipeline.utils.device import choose_device

    device = choose_device(args.device)
    if args.threads is not None:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        photos = args.photos or draw_photos(Path(folder), args.scenes)
        items = list(iter_inputs(photos))
        machine = describe_machine(device)
        _print_machine(machine)
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
        measure_cold_start,
        measure_crop_cost,
        measure_detector_cost,
        measure_throughput,
        soak,
    )

    if args.context == 'cost':
        return _measure_context(args, device, items[0])
    context = None if args.context is None else args.context == 'on'
    if args.cold_start:
        items[0].load()  # reports an unreadable image before a process is started
        starts = [
            measure_cold_start(
                items[0].source, args.config, args.checkpoint, str(device), context, args.threads
            )
            for _ in _progress(range(args.repeat), 'process')
        ]
        _print_cold_starts(starts)
        return {'cold_starts': [asdict(start) for start in starts]}
    spotter = _build_spotter(args, device)
    if context is not None:
        spotter.use_context(context)
    if args.detector:
        photos = [item.load() for item in items]
        with _progress(None, 'pass', args.repeat + 1) as bar:
            cost = measure_detector_cost(
                spotter.detector, build_peer(device), photos, args.repeat, lambda: bar.update(1)
            )
        _print_detector_cost(cost)
        return {'detector_cost': asdict(cost)}
    if args.crops:
        crops = [item.load() for item in items]
        with _progress(None, 'pass', args.repeat + 1) as bar:
            crop_cost = measure_crop_cost(
                spotter, crops, repeat=args.repeat, on_pass=lambda: bar.update(1)
            )
        _print_crop_cost(crop_cost)
        return {'crop_cost': asdict(crop_cost)}
    total = args.soak or args.repeat * len(items)
    with _progress(None, 'image', total) as bar:
        if args.soak:
            soaked = soak(spotter, items, args.soak, args.batch_size, bar.update)
        else:
            speed = measure_throughput(spotter, items, args.batch_size, args.repeat, bar.update)
    if args.soak:
        _print_soak(soaked)
        return {'soak': asdict(soaked)}
    _print_throughput(speed)
    return {'throughput': asdict(speed)}


def _build_spotter(args: argparse.Namespace, device: torch.device) -> TextSpotter:
    from pipeline.spotter import DEFAULT_CONFIG, TextSpotter

    if args.config is None and args.checkpoint is None and args.context is None:
        return TextSpotter.default(str(device), args.engine, args.threads)
    return TextSpotter.from_config(args.config or DEFAULT_CONFIG, args.checkpoint, device)


def _print_crop_cost(cost: CropCost) -> None:
    print(f'crops        {cost.crops}, {cost.width_px:.0f} px wide on average')
    print(f'per crop     {1000 * cost.read:.2f} ms in batches of at most {cost.batch_size}')
    print(f'             {1000 * cost.plain:.2f} ms without the language model')


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
    _print_context_costs(costs)
    return {'context_cost': [asdict(cost) for cost in costs]}


def _print_context_costs(costs: list[ContextCost]) -> None:
    print('seconds an image, and of these on processors')
    print(f'{"words":>5} {"context":8}{"image":>16}{"tower":>16}{"recognizer":>16}  encoded  added')
    off: dict[int, ContextCost] = {}
    for cost in costs:
        plain = off.setdefault(cost.words, cost)
        pairs = (
            (cost.seconds, cost.cpu_seconds),
            (cost.tower_seconds, cost.tower_cpu_seconds),
            (cost.recognizer_seconds, cost.recognizer_cpu_seconds),
        )
        cells = ''.join(f'{wall:8.3f}{cpu:8.3f}' for wall, cpu in pairs)
        added = cost.cpu_seconds / plain.cpu_seconds - 1
        recognizer = cost.recognizer_cpu_seconds / plain.recognizer_cpu_seconds - 1
        note = f'{added:+.1%} of the image, {recognizer:+.1%} of the recognizer'
        note = '' if cost is plain else note
        print(f'{cost.words:5} {cost.context:8}{cells}  {cost.encodings:7}  {note}')


def _print_detector_cost(cost: DetectorCost) -> None:
    print('detector          s/image  of DBNet-R18 (network at 1312 px, in floats, random weights)')
    for name, seconds in (
        ('whole', cost.whole),
        ('network only', cost.network),
        ('DBNet-R18', cost.peer),
    ):
        print(f'  {name:<14} {seconds:8.4f}  {seconds / cost.peer:.2f}')


def _print_machine(machine: dict[str, Any]) -> None:
    threads = machine['threads']
    print(f'device       {machine["device"]}')
    print(f'processor    {machine["processor"]}, {machine["cores"]} cores')
    print(f'threads      torch {threads["torch"]}, OpenCV {threads["opencv"]}')
    print(f'system       {machine["system"]}')
    packages = [f'{name} {version}' for name, version in machine['packages'].items()]
    print(f'versions     Python {machine["python"]}, {", ".join(packages)}')


def _print_throughput(speed: Throughput) -> None:
    photos, batches = speed.photos, speed.batch_seconds
    print(f'words found  {speed.words / photos:.1f} an image')
    print(
        f'speed        {photos / speed.seconds:.2f} images/s: {speed.seconds / photos:.3f} s a '
        f'image (median {statistics.median(batches):.3f}, slowest {max(batches):.3f}), '
        f'{speed.cpu_seconds / photos:.3f} s of processor time'
    )
    print('stage            s/image  of these on processors')
    for name, seconds in speed.stages.items():
        print(f'  {name:<14} {seconds / photos:8.4f}  {speed.cpu_stages[name] / photos:8.4f}')
    print(f'memory       {_mib(speed.memory.peak)} at most')
    if speed.memory.device_peak is not None:
        print(f'on device    {_mib(speed.memory.device_peak)} at most')


def _print_cold_starts(starts: list[ColdStart]) -> None:
    seconds = [start.seconds for start in starts]
    cpu = statistics.median(start.cpu_seconds for start in starts)
    print(
        f'first result {statistics.median(seconds):.2f} s after the start of the process '
        f'(fastest {min(seconds):.2f}, slowest {max(seconds):.2f}), {cpu:.2f} s of processor '
        f'time, {starts[0].words} words'
    )
    for name in starts[0].phases:
        print(f'  {name:<16} {statistics.median(s.phases[name] for s in starts):6.2f} s')


def _print_soak(soaked: Soak) -> None:
    print(f'speed        {soaked.photos / soaked.seconds:.2f} images/s, {soaked.photos} images')
    samples = soaked.samples
    if not samples:
        print('memory       this system does not tell')
        return
    named = (('start', samples[0]), ('middle', samples[len(samples) // 2]), ('end', samples[-1]))
    for name, (done, resident) in named:
        print(f'  {name:<10} {_mib(resident)} after {done} images')
    print(
        f'growth       {soaked.growth:+.1f} MiB from start to end, {soaked.late_growth:+.1f} MiB '
        f'from middle to end; {_mib(soaked.memory.peak)} at most'
    )


def _progress(steps: Any, unit: str, total: int | None = None) -> Any:
    return tqdm(
        steps,
        total=total,
        unit=unit,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
    )


def _mib(value: float | None) -> str:
    return 'unknown' if value is None else f'{value:.0f} MiB'


if __name__ == '__main__':
    sys.exit(main())
