"""CTC prefix beam search with a language model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from pipeline.recognition.language.letter_ngrams import LetterNgrams

_LOG_ZERO = -math.inf


class _Hypothesis:
    """Log probabilities of a prefix, and the state of the language model after it.

    Attributes:
        log_p_blank: Paths that end with a blank.
        log_p_nonblank: Paths that end with the prefix's last character.
        log_p_language: Log probability by the language model, multiplied by ``lm_weight``.
        state: State of the language model.
    """

    __slots__ = ('log_p_blank', 'log_p_language', 'log_p_nonblank', 'state')

    def __init__(self, log_p_language: float, state: int) -> None:
        self.log_p_blank = self.log_p_nonblank = _LOG_ZERO
        self.log_p_language = log_p_language
        self.state = state

    def total(self) -> float:
        """Log probability by the recognizer and the language model."""
        return _add(self.log_p_blank, self.log_p_nonblank) + self.log_p_language


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
    empty = _Hypothesis(0.0, ngrams.start if ngrams else 0)
    empty.log_p_blank = 0.0
    beam: dict[tuple[int, ...], _Hypothesis] = {(): empty}
    for column, blank_log_prob in enumerate(blank_log_probs):
        classes = np.flatnonzero(characters[column] > _LOG_ZERO)
        candidates = list(zip(classes.tolist(), characters[column, classes].tolist()))
        grown: dict[tuple[int, ...], _Hypothesis] = {}
        for prefix, had in beam.items():
            either = _add(had.log_p_blank, had.log_p_nonblank)
            stay = grown.get(prefix)
            if stay is None:
                stay = grown[prefix] = _Hypothesis(had.log_p_language, had.state)
            stay.log_p_blank = _add(stay.log_p_blank, either + blank_log_prob)
            last = prefix[-1] if prefix else None
            for character, log_prob in candidates:
                before = either
                if character == last:
                    # A repeat without a blank in between extends the same character.
                    same = had.log_p_nonblank + log_prob
                    stay.log_p_nonblank = _add(stay.log_p_nonblank, same)
                    before = had.log_p_blank
                if before == _LOG_ZERO:
                    continue
                extended = (*prefix, character)
                longer = grown.get(extended)
                if longer is None:
                    if allows is not None and not allows(extended):
                        continue
                    log_p_next, after = (
                        ngrams.advance(had.state, letters[character]) if ngrams else (0.0, 0)
                    )
                    language = had.log_p_language + lm_weight * log_p_next
                    longer = grown[extended] = _Hypothesis(language, after)
                longer.log_p_nonblank = _add(longer.log_p_nonblank, before + log_prob)
        if len(grown) > beam_width:
            best = sorted(grown, key=lambda prefix: -grown[prefix].total())[:beam_width]
            grown = {prefix: grown[prefix] for prefix in best}
        beam = grown

    def rank(prefix: tuple[int, ...]) -> float:
        end = lm_weight * ngrams.finish(beam[prefix].state) if ngrams else 0.0
        return -beam[prefix].total() - end

    return sorted(beam, key=rank)


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == _LOG_ZERO else a + math.log1p(math.exp(b - a))
