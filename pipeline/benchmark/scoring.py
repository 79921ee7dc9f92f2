"""Time of scoring a submission, and of the lexicon search compared with a plain loop."""

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
    """Time of scoring a submission from its files.

    Attributes:
        lexicon: Whether the lexicon corrected the predictions.
        seconds: Wall time from opening the files to the scores.
        cpu_seconds: Processor time of the same work.
        hmean: End-to-end hmean, to check that two runs scored the same set.
    """

    lexicon: bool
    seconds: float
    cpu_seconds: float
    hmean: float


@dataclass(frozen=True)
class SearchTime:
    """Time of the lexicon search and of a plain loop over the same distinct texts.

    Attributes:
        texts: Number of distinct texts.
        seconds: Processor time of the search for all texts, without ``index_seconds``.
        index_seconds: Processor time of grouping the lexicon by length, once for all texts.
        looped: Number of texts that the plain loop was run on.
        loop_seconds: Processor time of the loop, extrapolated from ``looped`` to ``texts``.
    """

    texts: int
    seconds: float
    index_seconds: float
    looped: int
    loop_seconds: float

    @property
    def ratio(self) -> float:
        """Time of the loop divided by the time of search and grouping."""
        return self.loop_seconds / max(self.seconds + self.index_seconds, 1e-9)


def time_scoring(drawn: DrawnSet, folder: Path) -> list[ScoringTime]:
    """Time the scoring of a set from files, without and with the generic lexicon.

    Args:
        drawn: Set to score.
        folder: Empty folder for its files.
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
    """Time the lexicon search and a plain loop, and compare their results.

    Args:
        texts: Distinct texts.
        lexicon: Lexicon words in file order.
        sample: Number of texts for the loop, whose time is extrapolated; 0 loops over all texts.
        rng: Random generator of the sample.

    Raises:
        ValueError: If the list of texts is empty, or ``sample`` is negative.
        AssertionError: If a result differs.
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
    """Index of the first nearest word in the lexicon, and its distance, by a plain loop."""
    distances = [Levenshtein.distance(text, word) for word in lexicon]
    nearest = min(distances)
    return distances.index(nearest), nearest


@contextlib.contextmanager
def one_core() -> Iterator[bool]:
    """Restrict the process to one core inside the context; False if the system cannot."""
    if not hasattr(os, 'sched_setaffinity'):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
