"""``clipter context-benchmark``: train on scenes in which only the context identifies the word."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pipeline.cli.common import DONE, count, make_parser, positive_int, run_command

LENGTHS = {
    'train_scenes': (1200, 'number of scenes to train on'),
    'test_scenes': (300, 'number of scenes to measure on'),
    'clip_scenes': (1500, 'number of scenes with captions to train CLIP on'),
    'clip_steps': (400, 'training steps of CLIP'),
    'plain_iters': (900, 'training iterations of the plain recognizer'),
    'context_iters': (800, 'training iterations with context'),
}
"""Setting -> default and help; ``BenchmarkSettings`` has the same defaults."""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'context-benchmark',
        ['--json context.json', '--seed 1 --work-dir work_dirs/context_benchmark_1',
         '--clip ViT-B-32 --pretrained openai'],
        'Draws scenes of six kinds, each with its own vocabulary, hides letters so that only the '
        'scene\nidentifies the word, trains a small CLIP, a plain recognizer and CLIPTER, and '
        'reads new scenes with\nthe right context, with the context of another kind and with the '
        'context of a random tower.',
    )  # fmt: skip
    add = parser.add_argument
    add('--json', type=Path, metavar='PATH', help='file for the numbers')
    add('--seed', type=int, default=0, help='random seed')
    add(
        '--work-dir', type=Path, metavar='DIR',
        help='data and checkpoints, with which an interrupted run continues '
        '(default: work_dirs/context_benchmark/seed_SEED)',
    )  # fmt: skip
    add('--clip', metavar='NAME', help='architecture of open_clip, used instead of a small CLIP')
    add('--pretrained', metavar='TAG', help='weights of --clip: a tag or a file')
    add('--fusion', default='MultiHeadCrossAttention', metavar='TYPE', help='type of the fusion')
    add('--stage', choices=('early', 'late'), default='early', help='stage of the fusion')
    add(
        '--kernel', default='inf', metavar='K',
        help='pooling kernel of the scene tokens: 1, 2, ... or inf',
    )  # fmt: skip
    add('--workers', type=count, default=1, metavar='N', help='processes that load images')
    for name, (default, text) in LENGTHS.items():
        add(
            f'--{name.replace("_", "-")}', type=positive_int, default=default, metavar='N',
            help=text,
        )  # fmt: skip
    add(
        '--threads', type=positive_int, metavar='N',
        help="number of torch's threads (default: torch's own choice)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    if (args.clip is None) != (args.pretrained is None):
        parser.error('--clip and --pretrained go together')
    return args


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark and report; returns the exit status."""
    return run_command(_run, parse_args(argv))


def _run(args: argparse.Namespace) -> int:
    import cv2
    import torch

    from pipeline.analysis.context.synthetic import BenchmarkSettings, format_table, run_benchmark
    from pipeline.utils.atomic_write import write_whole

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
    result = run_benchmark(settings, work_dir, lambda line: print(line, file=sys.stderr))
    if args.json is not None:
        write_whole(args.json, json.dumps(result, indent=2) + '\n')
    print(format_table(result))
    context = work_dir / 'context'
    print(
        '\nLook closer: clipter diagnose-context '
        f'{context / "config.py"} {context / f"iter_{settings.context_iters}.pth"} '
        f'--data {work_dir / "data" / "test" / "annotation.json"} '
        f'--train-words {work_dir / "vocabulary.txt"} --plates benchmark '
        f'--out {work_dir / "diagnosis"}'
    )
    return DONE


if __name__ == '__main__':
    sys.exit(main())
