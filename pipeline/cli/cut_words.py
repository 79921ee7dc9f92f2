"""Cut the words of photos or word crops into crops of a recognizer's size, for training.

    python tools/cut_words.py CONFIG --data ANNOTATION.json --out DIR [--variants 2] [--seed 0]

reads MMOCR's JSON (textspotting or textrecog), draws an outline for each word as a detector would
give it, and writes DIR/images/*.jpg and DIR/textrecog.json. The rectifier is CONFIG's. Photos are
decoded once for all their words, and batches of one width need no padding, so that training is
several times as fast as from photos.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mmengine.config import Config
from tqdm import tqdm

import pipeline.registration  # noqa: F401
from pipeline.datasets.word_cutting import WordCutter
from pipeline.utils.atomic_write import write_whole


def main(argv: list[str] | None = None) -> int:
    """Cut; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='a config that names the rectifier')
    parser.add_argument('--data', type=Path, required=True, metavar='JSON')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR')
    parser.add_argument('--variants', type=int, default=2, help='crops per word (default: 2)')
    parser.add_argument(
        '--join-prob', type=float, default=0.08, metavar='P',
        help='share of words cut together with the next one (default: 0.08)',
    )  # fmt: skip
    parser.add_argument(
        '--resize', type=int, nargs=2, metavar=('W', 'H'),
        help='size that stretched images are resized to first',
    )  # fmt: skip
    parser.add_argument('--max-length', type=int, default=48, help='longest text in characters')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=2)
    args = parser.parse_args(argv)
    try:
        entries = json.loads(args.data.read_text(encoding='utf-8'))['data_list']
        rectifier = dict(Config.fromfile(args.config).rectifier)
    except (OSError, KeyError, AttributeError, ValueError) as error:
        print(f'error: {args.data}, {args.config}: {error}', file=sys.stderr)
        return 1
    cutter = WordCutter(
        root=args.data.parent,
        out=args.out,
        rectifier=rectifier,
        variants=args.variants,
        join_prob=args.join_prob,
        size=tuple(args.resize) if args.resize else None,
        max_length=args.max_length,
        seed=args.seed,
    )
    (args.out / 'images').mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(args.workers) as pool:
        results = pool.map(cutter.cut, range(len(entries)), entries, chunksize=16)
        data_list = [e for some in tqdm(results, total=len(entries)) for e in some]
    meta = {'dataset_type': 'TextRecogDataset', 'task_name': 'textrecog'}
    written = json.dumps({'metainfo': meta, 'data_list': data_list}, ensure_ascii=False)
    write_whole(args.out / 'textrecog.json', written.encode())
    print(f'{len(data_list)} crops of {args.data} in {args.out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
