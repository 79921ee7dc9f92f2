"""Prove that scene context teaches a recognizer what a crop alone cannot tell.

    python tools/context_benchmark.py --json context.json
    python tools/context_benchmark.py --seed 1 --work-dir work_dirs/context_benchmark_1
    python tools/context_benchmark.py --clip ViT-B-32 --pretrained openai

Draws scenes of six kinds, each with its own vocabulary, hides letters so that only the scene
tells which word it is, trains a small CLIP, a plain recognizer and CLIPTER on it, and reads fresh
scenes with the right context, with another kind's and with that of a random tower.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import torch

from pipeline.analysis.context.synthetic import BenchmarkSettings, format_table, run_benchmark
from pipeline.utils.atomic_write import write_whole

_LENGTHS = (
    'train_scenes',
    'test_scenes',
    'clip_scenes',
    'clip_steps',
    'plain_iters',
    'context_iters',
)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    default = BenchmarkSettings()
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--json', type=Path, metavar='PATH', help='write the numbers there too')
    parser.add_argument('--seed', type=int, default=0, help='of everything (default: 0)')
    parser.add_argument(
        '--work-dir', type=Path, metavar='DIR',
        help='data and checkpoints; an interrupted run goes on from there '
        '(default: work_dirs/context_benchmark/seed_SEED)',
    )  # fmt: skip
    parser.add_argument(
        '--clip', metavar='NAME', help='an architecture of open_clip instead of a small CLIP'
    )
    parser.add_argument('--pretrained', metavar='TAG', help='weights of --clip: a tag or a file')
    parser.add_argument(
        '--fusion', default=default.fusion, metavar='TYPE',
        help=f'type of the fusion (default: {default.fusion})',
    )  # fmt: skip
    parser.add_argument(
        '--stage', choices=('early', 'late'), default=default.stage,
        help=f'where context comes in (default: {default.stage})',
    )  # fmt: skip
    parser.add_argument(
        '--kernel', default=str(default.kernel), metavar='K',
        help=f'of the pooling of scene tokens: 1, 2, ... or inf (default: {default.kernel})',
    )  # fmt: skip
    parser.add_argument(
        '--workers', type=int, default=default.workers, metavar='N',
        help=f'processes that load photos, 0 for none (default: {default.workers})',
    )  # fmt: skip
    for name in _LENGTHS:
        parser.add_argument(
            f'--{name.replace("_", "-")}', type=int, default=getattr(default, name), metavar='N',
            help=f'(default: {getattr(default, name)})',
        )  # fmt: skip
    parser.add_argument('--threads', type=int, metavar='N', help="of torch (default: torch's own)")
    args = parser.parse_args(argv)
    if (args.clip is None) != (args.pretrained is None):
        parser.error('--clip and --pretrained go together')
    return args


def main(argv: list[str] | None = None) -> int:
    """Run and report; returns the exit status."""
    args = parse_args(argv)
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)
    settings = BenchmarkSettings(
        **{
            name: getattr(args, name)
            for name in BenchmarkSettings.__dataclass_fields__
            if hasattr(args, name)
        }
    )
    work_dir = args.work_dir or Path('work_dirs', 'context_benchmark', f'seed_{args.seed}')
    try:
        result = run_benchmark(settings, work_dir, lambda line: print(line, file=sys.stderr))
        if args.json is not None:
            write_whole(args.json, json.dumps(result, indent=2) + '\n')
    except (ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    print(format_table(result))
    context = work_dir / 'context'
    print(
        '\nLook closer: python tools/diagnose_context.py '
        f'{context / "config.py"} {context / f"iter_{settings.context_iters}.pth"} '
        f'--data {work_dir / "data" / "test" / "annotation.json"} '
        f'--train-words {work_dir / "vocabulary.txt"} --plates benchmark '
        f'--out {work_dir / "diagnosis"}'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
