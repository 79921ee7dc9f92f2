"""Readings that CTC and a language model find likely together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .letter_ngrams import LetterNgrams

_NEVER = -math.inf


class _Prefix(NamedTuple):
    """Natural logarithms of probabilities of a prefix, and the language model's state."""

    silent: float  # of paths that end with a pause
    written: float  # of paths that end with its last character
    language: float  # weighted
    state: int


def search_prefixes(
    log_probs: np.ndarray,
    silent: Sequence[int],
    letters: Sequence[int],
    ngrams: LetterNgrams,
    weight: float,
    width: int = 8,
    least: float = -6.0,
) -> list[tuple[int, ...]]:
    """Prefix beam search over CTC's columns with a language model (shallow fusion).

    After Hannun et al., 2014 (arXiv 1408.2873): each column's likely characters are tried, and the
    language model has its say in which prefixes stay.

    Args:
        log_probs: (columns, L) natural logarithms of CTC's probabilities.
        silent: Classes that write nothing: the blank, and others that take its part.
        letters: (L,) what :func:`letter_index` gives for each class.
        ngrams: The language model.
        weight: What its log probabilities count beside CTC's.
        width: Prefixes that are kept from column to column, and readings given.
        least: Characters of a lower log probability are not tried in a column, nor more than
            ``width`` of them.

    Returns:
        Up to ``width`` readings, best first, as tuples of classes.
    """
    silent = list(silent)
    pauses = np.logaddexp.reduce(log_probs[:, silent], axis=1).tolist()
    heard = log_probs.copy()
    heard[:, silent] = _NEVER
    bounds = np.sort(heard, axis=1)[:, -width:][:, :1]
    heard[heard < np.maximum(bounds, least)] = _NEVER
    beam: dict[tuple[int, ...], _Prefix] = {(): _Prefix(0.0, _NEVER, 0.0, ngrams.start)}
    for column, pause in enumerate(pauses):
        classes = np.flatnonzero(heard[column] > _NEVER)
        characters = list(zip(classes.tolist(), log_probs[column, classes].tolist()))
        grown: dict[tuple[int, ...], _Prefix] = {}
        for prefix, (paused, written, language, state) in beam.items():
            either = _add(paused, written)
            _gain(grown, prefix, _Prefix(either + pause, _NEVER, language, state))
            last = prefix[-1] if prefix else None
            for character, log_prob in characters:
                begun = either
                if character == last:  # the same goes on, or comes again after a pause
                    same = _Prefix(_NEVER, written + log_prob, language, state)
                    _gain(grown, prefix, same)
                    begun = paused
                if begun == _NEVER:
                    continue
                longer = (*prefix, character)
                told, after = ngrams.advance(state, letters[character])
                more = _Prefix(_NEVER, begun + log_prob, language + weight * told, after)
                _gain(grown, longer, more)
        if len(grown) > width:
            best = sorted(grown, key=lambda prefix: -_total(grown[prefix]))[:width]
            grown = {prefix: grown[prefix] for prefix in best}
        beam = grown
    return sorted(beam, key=lambda p: -_total(beam[p]) - weight * ngrams.finish(beam[p].state))


def _gain(grown: dict[tuple[int, ...], _Prefix], prefix: tuple[int, ...], more: _Prefix) -> None:
    """Add the probabilities of more paths that read the same."""
    had = grown.get(prefix)
    if had is not None:
        more = more._replace(
            silent=_add(had.silent, more.silent), written=_add(had.written, more.written)
        )
    grown[prefix] = more


def _total(prefix: _Prefix) -> float:
    return _add(prefix.silent, prefix.written) + prefix.language


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == _NEVER else a + math.log1p(math.exp(b - a))
