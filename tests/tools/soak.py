"""Read many images of random sizes in one process: memory must not grow.

Usage: python tests/tools/soak.py [--images N] [--threads T] [--max-side PX] [--seed S]

Images contain drawn words. The first fifth is the warm-up. The exit status is 1 if the memory after
the last image exceeds the largest one at the end of the warm-up by more than 10 percent.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline import TextSpotter

WORDS = ('STREET', 'market', 'Café', '42', 'OPEN', '€3.50')
MAX_GROWTH = 0.1


def draw_image(seed: int, number: int, max_side: int) -> np.ndarray:
    """An image of random size with up to eight words."""
    rng = np.random.default_rng([seed, number])
    height, width = (int(rng.integers(16, max_side)) for _ in range(2))
    image = Image.new('RGB', (width, height), tuple(int(v) for v in rng.integers(120, 256, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(0, 9))):
        place = int(rng.integers(width)), int(rng.integers(height))
        font = ImageFont.load_default(int(rng.integers(10, 80)))
        draw.text(
            place, str(rng.choice(WORDS)), tuple(int(v) for v in rng.integers(0, 90, 3)), font
        )
    return np.asarray(image)[..., ::-1].copy()


def memory_mb() -> int:
    """Resident memory of this process."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1]) // 1024
    raise OSError('/proc/self/status has no VmRSS')


def soak(images: int, threads: int, max_side: int, seed: int) -> tuple[list[int], int]:
    """Read images with several threads.

    Returns:
        Memory in MB after each twentieth of the images, and the number of words read.
    """
    spotter = TextSpotter.default(threads=1)
    memory, words, began = [], 0, time.perf_counter()
    part = max(1, images // 20)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, images, part):
            numbers = range(start, min(start + part, images))
            found = pool.map(
                lambda number: len(spotter.read(draw_image(seed, number, max_side))), numbers
            )
            words += sum(found)
            memory.append(memory_mb())
            seconds = time.perf_counter() - began
            print(f'{numbers[-1] + 1:7,} images {memory[-1]:6,} MB {seconds:8.0f} s', flush=True)
    return memory, words


def main() -> int:
    """Read the images of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--images', type=int, default=20_000, metavar='N')
    parser.add_argument('--threads', type=int, default=1, metavar='T')
    parser.add_argument('--max-side', type=int, default=1400, metavar='PX')
    parser.add_argument('--seed', type=int, default=0, metavar='S')
    args = parser.parse_args()
    memory, words = soak(args.images, args.threads, args.max_side, args.seed)
    warm = max(memory[: max(1, len(memory) // 5)])
    growth = memory[-1] / warm - 1
    print(f'{words:,} words; {warm:,} MB after the warm-up, {memory[-1]:,} MB at the end')
    return 1 if growth > MAX_GROWTH else 0


if __name__ == '__main__':
    sys.exit(main())
