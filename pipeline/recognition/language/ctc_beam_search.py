"""CTC prefix beam search with a language model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.recognition.language.letter_ngrams import LetterNgrams

_LOG_ZERO = -math.inf


class _Hypothesis(NamedTuple):
    """Log probabilities of a prefix, and the state of the language model after it."""

    log_p_blank: float  # Paths that end with a blank.
    log_p_nonblank: float  # Paths that end with the prefix's last character.
    log_p_language: float  # Multiplied by lm_weight.
    state: int


def ctc_beam_search(
    log_probs: np.ndarray,
    blanks: Collection[int],
    letters: Sequence[int],
    ngrams: LetterNgrams | None,
    lm_weight: float,
    beam_width: int = 8,
    prune_below: float = -6.0,
    allows: Callable[[tuple[int, ...]], bool] | None = None,
) -> list[tuple[int, ...]]:
    """Prefix beam search over CTC columns with a language model (shallow fusion).

    After Hannun et al., 2014 (arXiv 1408.2873).

    Args:
        log_probs: (T, L) natural logarithms of the CTC probabilities.
        blanks: The CTC blank and the other classes that act as blanks.
        letters: (L,) result of :func:`letter_index` for each class.
        ngrams: Language model, or None.
        lm_weight: Weight of the language model's log probabilities relative to those of CTC.
        beam_width: Number of hypotheses that are kept after each column.
        prune_below: Characters with a log probability below this are pruned in a column. At most
            ``beam_width`` characters remain.
        allows: Whether a prefix may become a hypothesis. None allows all.

    Returns:
        Up to ``beam_width`` hypotheses as tuples of classes, the best first.
    """
    blank_list = sorted(blanks)
    blank_log_probs = np.logaddexp.reduce(log_probs[:, blank_list], axis=1).tolist()
    characters = log_probs.copy()
    characters[:, blank_list] = _LOG_ZERO
    if characters.shape[1] > beam_width:
        bounds = np.partition(characters, -beam_width, axis=1)[:, -beam_width][:, None]
        characters[characters < bounds] = _LOG_ZERO
    characters[characters < prune_below] = _LOG_ZERO
    beam: dict[tuple[int, ...], _Hypothesis] = {
        (): _Hypothesis(0.0, _LOG_ZERO, 0.0, ngrams.start if ngrams else 0)
    }
    for column, blank_log_prob in enumerate(blank_log_probs):
        classes = np.flatnonzero(characters[column] > _LOG_ZERO)
        candidates = list(zip(classes.tolist(), characters[column, classes].tolist()))
        grown: dict[tuple[int, ...], _Hypothesis] = {}
        for prefix, (log_p_blank, log_p_nonblank, log_p_language, state) in beam.items():
            either = _add(log_p_blank, log_p_nonblank)
            stay = _Hypothesis(either + blank_log_prob, _LOG_ZERO, log_p_language, state)
            _merge(grown, prefix, stay)
            last = prefix[-1] if prefix else None
            for character, log_prob in candidates:
                before = either
                if character == last:
                    # A repeat without a blank in between extends the same character.
                    same = _Hypothesis(_LOG_ZERO, log_p_nonblank + log_prob, log_p_language, state)
                    _merge(grown, prefix, same)
                    before = log_p_blank
                if before == _LOG_ZERO:
                    continue
                extended = (*prefix, character)
                if allows is not None and extended not in grown and not allows(extended):
                    continue
                log_p_next, after = (
                    ngrams.advance(state, letters[character]) if ngrams else (0.0, 0)
                )
                language = log_p_language + lm_weight * log_p_next
                longer = _Hypothesis(_LOG_ZERO, before + log_prob, language, after)
                _merge(grown, extended, longer)
        if len(grown) > beam_width:
            best = sorted(grown, key=lambda prefix: -_total(grown[prefix]))[:beam_width]
            grown = {prefix: grown[prefix] for prefix in best}
        beam = grown

    def rank(prefix: tuple[int, ...]) -> float:
        end = lm_weight * ngrams.finish(beam[prefix].state) if ngrams else 0.0
        return -_total(beam[prefix]) - end

    return sorted(beam, key=rank)


def _merge(
    grown: dict[tuple[int, ...], _Hypothesis], prefix: tuple[int, ...], more: _Hypothesis
) -> None:
    """Add the probabilities of further paths of the same prefix."""
    had = grown.get(prefix)
    if had is not None:
        more = more._replace(
            log_p_blank=_add(had.log_p_blank, more.log_p_blank),
            log_p_nonblank=_add(had.log_p_nonblank, more.log_p_nonblank),
        )
    grown[prefix] = more


def _total(hypothesis: _Hypothesis) -> float:
    visual = _add(hypothesis.log_p_blank, hypothesis.log_p_nonblank)
    return visual + hypothesis.log_p_language


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == _LOG_ZERO else a + math.log1p(math.exp(b - a))
