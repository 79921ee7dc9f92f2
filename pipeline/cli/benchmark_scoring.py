"""``clipter benchmark-scoring``: measure how fast a submission is scored with a large lexicon."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.common import (
    DONE,
    SOME_FAILED,
    count,
    make_parser,
    positive_int,
    print_error,
    run_command,
    share,
)

if TYPE_CHECKING:
    import numpy as np

    from pipeline.benchmark.scoring import ScoringTime, SearchTime
    from pipeline.benchmark.scoring_set import DrawnSet

WANTED_RATIO = 10


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'benchmark-scoring',
        ['', '--photos 500 --words 20 --lexicon-size 88000 --json speed.json'],
        'Draws a data set with jittered and partly misspelled predictions, writes it as files, '
        'scores it end\nto end on one core without and with the lexicon, and compares the lexicon '
        'search with a plain loop\nover rapidfuzz distances. The exit status is 1 if the answers '
        'of search and loop differ.',
    )  # fmt: skip
    add = parser.add_argument
    add('--photos', type=positive_int, default=500, metavar='N', help='number of images')
    add('--words', type=positive_int, default=20, metavar='N', help='ground-truth words per image')
    add(
        '--lexicon-size', type=positive_int, default=88_000, metavar='N',
        help='number of words in the lexicon',
    )  # fmt: skip
    add(
        '--misspelled', type=share, default=0.5, metavar='SHARE',
        help='share of the predictions that is not in the lexicon',
    )  # fmt: skip
    add(
        '--sample', type=count, default=100, metavar='N',
        help='texts of each kind for the plain loop, whose time is scaled up; 0 means all',
    )  # fmt: skip
    add('--seed', type=int, default=0, help='random seed')
    add('--json', type=Path, metavar='PATH', help='file for the numbers')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and report; returns the exit status."""
    return run_command(_measure, parse_args(argv))


def _measure(args: argparse.Namespace) -> int:
    import numpy as np
    import torch

    from pipeline.benchmark import describe_machine
    from pipeline.benchmark.scoring import one_core, time_scoring
    from pipeline.benchmark.scoring_set import draw_set

    rng = np.random.default_rng(args.seed)
    drawn = draw_set(args.photos, args.words, args.lexicon_size, args.misspelled, rng)
    machine = describe_machine(torch.device('cpu'))
    try:
        with one_core() as pinned, tempfile.TemporaryDirectory() as folder:
            core = 'one core' if pinned else 'cores not limited: this system cannot'
            print(f'processor    {machine["processor"]}, {core}')
            _print_set(drawn)
            scorings = time_scoring(drawn, Path(folder))
            _print_scorings(scorings)
            searches = _compare(drawn, args.sample, rng)
    except AssertionError as error:  # search and loop differ
        print_error(str(error))
        return SOME_FAILED
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
    return DONE


def _compare(drawn: DrawnSet, sample: int, rng: np.random.Generator) -> dict[str, SearchTime]:
    """Time the search for each kind of text."""
    from pipeline.benchmark.scoring import time_search

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
    from pipeline.benchmark.scoring_set import mean_length

    gt = sum(map(len, drawn.gt.values()))
    found = sum(map(len, drawn.det.values()))
    print(
        f'set          {len(drawn.gt)} images, {gt} ground-truth words, {found} predictions; '
        f'lexicon of {len(drawn.lexicon)} words, {mean_length(drawn.lexicon):.1f} letters on '
        'average'
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


if __name__ == '__main__':
    sys.exit(main())
