"""How fast submissions are scored, and the lexicon search beside a plain loop."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.benchmark.scoring_set import DrawnSet
from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files
from pipeline.evaluation.lexicon_search import NearestWords


@dataclass(frozen=True)
class ScoringTime:
    """A submission scored from its files.

    Attributes:
        lexicon: Whether predictions were corrected by the lexicon.
        seconds: Wall time from opening the files to the numbers.
        cpu_seconds: Processor time of the same.
        hmean: End to end, so that two runs can be told apart.
    """

    lexicon: bool
    seconds: float
    cpu_seconds: float
    hmean: float


@dataclass(frozen=True)
class SearchTime:
    """The lexicon search beside a plain loop over the same distinct texts.

    Attributes:
        texts: Distinct texts searched for.
        seconds: Processor time of the search for all of them, without ``index_seconds``.
        index_seconds: Processor time of sorting the lexicon by length, once for all texts.
        looped: How many of them the plain loop was run on.
        loop_seconds: Processor time of that loop, scaled up from ``looped`` to ``texts``.
    """

    texts: int
    seconds: float
    index_seconds: float
    looped: int
    loop_seconds: float

    @property
    def ratio(self) -> float:
        """How many times longer the loop takes than the search with its preparation."""
        return self.loop_seconds / max(self.seconds + self.index_seconds, 1e-9)


def time_scoring(drawn: DrawnSet, folder: Path) -> list[ScoringTime]:
    """Score a set end to end from files, without and with the generic lexicon.

    Args:
        drawn: The set.
        folder: An empty folder that takes its files.
    """
    gt, det, lexicon = drawn.write(folder)
    times = []
    for choice in (None, LexiconChoice(str(lexicon), 'generic')):
        start, cpu_start = time.perf_counter(), time.process_time()
        result = evaluate_files(gt, det, 'icdar2015', lexicon=choice)
        times.append(
            ScoringTime(
                lexicon=choice is not None,
                seconds=time.perf_counter() - start,
                cpu_seconds=time.process_time() - cpu_start,
                hmean=result['e2e']['hmean'],
            )
        )
    return times


def time_search(
    texts: Sequence[str], lexicon: Sequence[str], sample: int, rng: np.random.Generator
) -> SearchTime:
    """Time the lexicon search and a plain loop, and compare their answers.

    Args:
        texts: Distinct texts.
        lexicon: Words in file order.
        sample: Run the loop on so many of the texts and scale its time up; 0 loops over all.
        rng: Chooses the sample.

    Raises:
        ValueError: If there are no texts.
        AssertionError: If an answer differs.
    """
    if not texts or sample < 0:
        raise ValueError(f'wanted texts and sample >= 0, got {len(texts)} texts, sample={sample}.')
    start = time.process_time()
    nearest = NearestWords(lexicon)
    index_seconds = time.process_time() - start
    start = time.process_time()
    found, distance = nearest.find(texts)
    seconds = time.process_time() - start

    count = min(sample, len(texts)) or len(texts)
    chosen = np.sort(rng.choice(len(texts), count, replace=False)).tolist()
    start = time.process_time()
    looped = [loop_over_lexicon(texts[i], lexicon) for i in chosen]
    loop_seconds = time.process_time() - start
    for i, answer in zip(chosen, looped):
        if answer != (found[i], distance[i]):
            raise AssertionError(
                f'{texts[i]!r}: the loop finds word {answer[0]} at distance {answer[1]}, '
                f'the search word {found[i]} at {distance[i]:g}.'
            )
    return SearchTime(
        texts=len(texts),
        seconds=seconds,
        index_seconds=index_seconds,
        looped=count,
        loop_seconds=loop_seconds * len(texts) / count,
    )


def loop_over_lexicon(text: str, lexicon: Sequence[str]) -> tuple[int, int]:
    """The plain loop: place of the first nearest word in the lexicon, and its distance."""
    distances = [Levenshtein.distance(text, word) for word in lexicon]
    nearest = min(distances)
    return distances.index(nearest), nearest


@contextlib.contextmanager
def one_core() -> Iterator[bool]:
    """Keep the process on one of its cores meanwhile; False where the system cannot."""
    if not hasattr(os, 'sched_setaffinity'):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
