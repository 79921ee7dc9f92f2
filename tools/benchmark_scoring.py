"""Measure how fast a submission is scored with a large lexicon, on one core.

    python tools/benchmark_scoring.py
    python tools/benchmark_scoring.py --photos 500 --words 20 --lexicon-size 88000 --json speed.json

Draws a set with predictions that are jittered and in part misspelled, writes it as files, scores it
end to end without and with the lexicon, and compares the lexicon search with a plain loop
over rapidfuzz distances: words of the lexicon, misspelled ones and both, each apart. Answers must
be equal, else the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from pipeline.benchmark import describe_machine
from pipeline.benchmark.scoring import (
    ScoringTime,
    SearchTime,
    one_core,
    time_scoring,
    time_search,
)
from pipeline.benchmark.scoring_set import DrawnSet, draw_set, mean_length

WANTED_RATIO = 10


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description='Measure how fast a submission is scored with a large lexicon, on one core.',
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add('--photos', type=_positive, default=500, metavar='N', help='photos to draw')
    add('--words', type=_positive, default=20, metavar='N', help='gt words a photo')
    add('--lexicon-size', type=_positive, default=88_000, metavar='N', help='words of the lexicon')
    add(
        '--misspelled', type=_share, default=0.5, metavar='SHARE',
        help='share of the predictions that is not in the lexicon',
    )  # fmt: skip
    add(
        '--sample', type=_count, default=100, metavar='N',
        help='texts of each kind that the plain loop is run on, its time is scaled up; 0 means all',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='the same seed draws the same set')
    add('--json', type=Path, metavar='PATH', help='write the numbers there too')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    args = parse_args(argv)
    try:
        rng = np.random.default_rng(args.seed)
        drawn = draw_set(args.photos, args.words, args.lexicon_size, args.misspelled, rng)
        machine = describe_machine(torch.device('cpu'))
        with one_core() as alone, tempfile.TemporaryDirectory() as folder:
            core = 'one core' if alone else 'cores not limited: this system cannot'
            print(f'processor    {machine["processor"]}, {core}')
            _print_set(drawn)
            scorings = time_scoring(drawn, Path(folder))
            _print_scorings(scorings)
            searches = _compare(drawn, args.sample, rng)
    except (ValueError, OSError, AssertionError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    _print_searches(searches)
    if args.json is not None:
        record = {
            'machine': machine,
            'settings': {k: v for k, v in vars(args).items() if k != 'json'},
            'scoring': [asdict(scoring) for scoring in scorings],
            'search': {
                kind: asdict(search) | {'ratio': search.ratio} for kind, search in searches.items()
            },
        }
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')
    return 0


def _compare(drawn: DrawnSet, sample: int, rng: np.random.Generator) -> dict[str, SearchTime]:
    texts = list(dict.fromkeys(word.text for words in drawn.det.values() for word in words))
    known = set(drawn.lexicon)
    kinds = {
        'in the lexicon': [text for text in texts if text in known],
        'misspelled': [text for text in texts if text not in known],
        'all': texts,
    }
    return {
        kind: time_search(chosen, drawn.lexicon, sample, rng)
        for kind, chosen in kinds.items()
        if chosen
    }


def _print_set(drawn: DrawnSet) -> None:
    gt = sum(map(len, drawn.gt.values()))
    found = sum(map(len, drawn.det.values()))
    print(
        f'set          {len(drawn.gt)} photos, {gt} gt words, {found} predictions; lexicon of '
        f'{len(drawn.lexicon)} words, {mean_length(drawn.lexicon):.1f} letters on average'
    )


def _print_scorings(scorings: Sequence[ScoringTime]) -> None:
    for scoring in scorings:
        name = 'generic lexicon, rule adelaidet' if scoring.lexicon else 'no lexicon'
        print(
            f'scored       {scoring.seconds:.2f} s ({scoring.cpu_seconds:.2f} s of processor time) '
            f'from files to numbers, {name}: end-to-end hmean {scoring.hmean:.4f}'
        )


def _print_searches(searches: Mapping[str, SearchTime]) -> None:
    print('search       processor time for distinct texts; the answers of both are equal')
    for kind, search in searches.items():
        reached = 'at least' if search.ratio >= WANTED_RATIO else 'LESS THAN'
        scaled = (
            '' if search.looped == search.texts else f', scaled up from {search.looped} of them'
        )
        print(
            f'  {kind:<15}{search.texts:6d} texts: {search.seconds + search.index_seconds:.3f} s, '
            f'plain loop {search.loop_seconds:.1f} s{scaled}: {search.ratio:.1f} times faster, '
            f'{reached} the wanted {WANTED_RATIO}'
        )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'wanted a number of at least 1, got {text}')
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f'wanted 0 or more, got {text}')
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'wanted a number from 0 to 1, got {text}')
    return value


if __name__ == '__main__':
    sys.exit(main())
