"""What ``clipter benchmark`` prints."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.benchmark import (
        ColdStart,
        Comparison,
        ContextCost,
        CropCost,
        DetectorCost,
        Soak,
        Throughput,
    )


def print_crop_cost(cost: CropCost) -> None:
    """Print the time of the recognizer."""
    print(f'crops        {cost.crops}, {cost.width_px:.0f} px wide on average')
    print(f'per crop     {1000 * cost.read:.2f} ms in batches of at most {cost.batch_size}')
    print(f'             {1000 * cost.plain:.2f} ms without the language model')


def print_context_costs(costs: list[ContextCost]) -> None:
    """Print the cost of scene context."""
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


def print_detector_cost(cost: DetectorCost) -> None:
    """Print the time of the detector."""
    print('detector          s/image  of DBNet-R18 (network at 1312 px, in floats, random weights)')
    for name, seconds in (
        ('whole', cost.whole),
        ('network only', cost.network),
        ('DBNet-R18', cost.peer),
    ):
        print(f'  {name:<14} {seconds:8.4f}  {seconds / cost.peer:.2f}')


def print_machine(machine: dict[str, Any]) -> None:
    """Print the description of the machine."""
    threads = machine['threads']
    print(f'device       {machine["device"]}')
    print(f'processor    {machine["processor"]}, {machine["cores"]} cores')
    print(f'threads      torch {threads["torch"]}, OpenCV {threads["opencv"]}')
    print(f'system       {machine["system"]}')
    packages = [f'{name} {version}' for name, version in machine['packages'].items()]
    print(f'versions     Python {machine["python"]}, {", ".join(packages)}')


def print_throughput(speed: Throughput) -> None:
    """Print the speed, the stages and the memory."""
    photos, batches = speed.photos, speed.batch_seconds
    print(f'words found  {speed.words / photos:.1f} an image')
    print(
        f'speed        {photos / speed.seconds:.2f} images/s: {speed.seconds / photos:.3f} s an '
        f'image (median {statistics.median(batches):.3f}, slowest {max(batches):.3f}), '
        f'{speed.cpu_seconds / photos:.3f} s of processor time'
    )
    stream = speed.stream_seconds
    print(
        f'stream       {photos / stream:.2f} images/s with several batches at once: '
        f'{stream / photos:.3f} s an image, processors {speed.stream_cpu_seconds / stream:.0%} busy'
    )
    print(
        f'networks     {speed.networks / photos:.3f} s an image, '
        f'{speed.networks / stream:.2f} of the time of the stream'
    )
    print('stage            s/image  of these on processors')
    for name, seconds in speed.stages.items():
        print(f'  {name:<14} {seconds / photos:8.4f}  {speed.cpu_stages[name] / photos:8.4f}')
    print(f'memory       {_mib(speed.memory.peak)} at most')
    if speed.memory.device_peak is not None:
        print(f'on device    {_mib(speed.memory.device_peak)} at most')


def print_cold_starts(starts: list[ColdStart]) -> None:
    """Print the time until the first result."""
    seconds = [start.seconds for start in starts]
    cpu = statistics.median(start.cpu_seconds for start in starts)
    print(
        f'first result {statistics.median(seconds):.2f} s after the start of the process '
        f'(fastest {min(seconds):.2f}, slowest {max(seconds):.2f}), {cpu:.2f} s of processor '
        f'time, {starts[0].words} words'
    )
    if starts[0].peak is not None:
        print(
            f'memory       {statistics.median(start.peak or 0 for start in starts):.0f} MiB at most'
        )
    for name in starts[0].phases:
        print(f'  {name:<16} {statistics.median(s.phases[name] for s in starts):6.2f} s')


def print_soak(soaked: Soak) -> None:
    """Print the memory over many images."""
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


def _mib(value: float | None) -> str:
    return 'unknown' if value is None else f'{value:.0f} MiB'


def print_comparison(found: Comparison) -> None:
    """Print the time per image beside that of RapidOCR."""
    own, peer = statistics.median(found.own), statistics.median(found.peer)
    ratios = [a / b for a, b in zip(found.own, found.peer)]
    print(f'ours         {own:.3f} s an image, processors {found.own_busy:.0%} busy')
    print(f'rapidocr     {peer:.3f} s an image, processors {found.peer_busy:.0%} busy')
    print(
        f'ratio        {found.ratio:.2f} (median of {len(ratios)} alternating blocks, '
        f'{min(ratios):.2f} to {max(ratios):.2f})'
    )


def print_start_ratio(own: list[ColdStart], peer: list[ColdStart]) -> None:
    """Print the start beside that of RapidOCR."""
    seconds = statistics.median(a.seconds / b.seconds for a, b in zip(own, peer))
    print(f'ratio        {seconds:.2f} of the time of rapidocr, median of {len(own)} pairs')
    if own[0].peak and peer[0].peak:
        memory = statistics.median((a.peak or 0) / (b.peak or 1) for a, b in zip(own, peer))
        print(f'             {memory:.2f} of its peak memory')
