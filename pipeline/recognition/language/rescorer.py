"""Rescoring of uncertain words with a language model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from pipeline.recognition.ctc_alignment import align_text
from pipeline.recognition.ctc_reader import CTCReader, Reading
from pipeline.recognition.language.ctc_beam_search import ctc_beam_search
from pipeline.recognition.language.letter_ngrams import SYMBOL, LetterNgrams, letter_index

Hypotheses = list[list[int]]
ScoreHypotheses = Callable[[list[int], list[Hypotheses]], np.ndarray]
"""Log probabilities of hypotheses (n, K, M): n words, K hypotheses, M characters (and an end).

Arguments are the n rows of the batch and their hypotheses. Missing ones are padded with zeros.
"""

_MATCH_BEAM = 32
_MATCH_PRUNE = -14.0


class LanguageModelRescorer:
    """Rescores uncertain words: CTC and a language model propose, a recognizer decides.

    Readings of several words, words with letters that the word lists lack
    (:meth:`LetterNgrams.covers`), and single digits and symbols stay as they are. For each other
    word with a low score, CTC beam search with the language model proposes hypotheses. The
    hypothesis with the highest ``log p(visual) + lm_weight * log p(language)`` replaces the
    reading.

    Args:
        characters: L classes of the classifier.
        blanks: Classes that are not written.
        language_model: Model for rescoring. None rescores nothing.
        lm_weight: Weight of the language model's log probabilities.
        rescore_below: Words with a ``word_score`` below this are rescored. The new score is the
            softmax weight of the chosen hypothesis times the total probability of all
            hypotheses.
        max_length: Longest hypothesis in characters.

    Raises:
        ValueError: If ``lm_weight`` is negative or ``rescore_below`` is not in [0, 1].
    """

    def __init__(
        self,
        characters: Sequence[str],
        blanks: Collection[int],
        language_model: LetterNgrams | None = None,
        lm_weight: float = 0.4,
        rescore_below: float = 0.9,
        max_length: int | None = None,
    ) -> None:
        if lm_weight < 0 or not 0 <= rescore_below <= 1:
            raise ValueError(
                'lm_weight must be at least 0 and rescore_below in [0, 1], got '
                f'{lm_weight} and {rescore_below}.'
            )
        self.characters = list(characters)
        self.blanks = frozenset(blanks)
        self.lm_weight = lm_weight
        self.rescore_below = rescore_below
        self.max_length = max_length
        self.language_model = language_model
        self._space = self.characters.index(' ') if ' ' in self.characters else None
        self._index = {char: index for index, char in enumerate(self.characters)}
        self._letters = [
            letter_index(char) if len(char) == 1 else SYMBOL for char in self.characters
        ]

    def rescore(
        self,
        readings: Sequence[Reading],
        log_probs: np.ndarray,
        score_hypotheses: ScoreHypotheses,
    ) -> dict[int, Reading]:
        """Choose new readings for the uncertain words of a batch.

        Args:
            readings: N readings.
            log_probs: (N, T, L) CTC log probabilities.
            score_hypotheses: Visual log probabilities of hypotheses.

        Returns:
            New readings by row, with the gaps of the old ones. Empty without a language model.
        """
        language_model = self.language_model
        if language_model is None:
            return {}
        rows = [
            row
            for row, reading in enumerate(readings)
            if reading.score < self.rescore_below and self._can_rescore(reading.text)
        ]
        if not rows:
            return {}
        hypotheses = [
            self._propose(language_model, readings[row].text, log_probs[row]) for row in rows
        ]
        visual = np.asarray(score_hypotheses(rows, hypotheses), dtype=np.float64)  # (n, K, M)
        chosen = {}
        for row, some, scores in zip(rows, hypotheses, visual):
            texts = [self._write(hypothesis) for hypothesis in some]
            whole = scores[: len(some)].sum(-1)  # (K,)
            language = np.array([language_model.log_prob(text) for text in texts])
            weights = _softmax(whole + self.lm_weight * language)
            best = int(weights.argmax())
            total = min(1.0, float(np.exp(whole).sum()))
            chosen[row] = Reading(
                text=texts[best],
                char_scores=np.exp(scores[best, : len(some[best])]).tolist(),
                score=float(weights[best]) * total,
                gaps=readings[row].gaps,
                char_places=self._places(readings[row], texts[best], some[best], log_probs[row]),
            )
        return chosen

    def _places(
        self, reading: Reading, text: str, hypothesis: Sequence[int], log_probs: np.ndarray
    ) -> list[float]:
        """Centers of the characters of a text that replaces a reading."""
        if text == reading.text:
            return reading.char_places
        return align_text(log_probs, hypothesis, self.blanks)

    def _write(self, hypothesis: Sequence[int]) -> str:
        return ''.join(self.characters[index] for index in hypothesis)

    def _can_rescore(self, text: str) -> bool:
        """Empty readings have nothing to rescore; several words are rescored after their split.

        Word lists contain no statement about single digits and symbols.
        """
        model = self.language_model
        is_word = len(text) > 1 or text.isalpha()
        return is_word and ' ' not in text and model is not None and model.covers(text)

    def _propose(
        self, language_model: LetterNgrams, text: str, log_probs: np.ndarray
    ) -> Hypotheses:
        """The current reading and what beam search finds, without repetition."""
        found = ctc_beam_search(
            np.asarray(log_probs, dtype=np.float32),
            self.blanks,
            self._letters,
            language_model,
            self.lm_weight,
        )
        current = tuple(self._index[char] for char in text)[: self.max_length]
        longest = self.max_length or len(log_probs)
        others = [h for h in found if h and len(h) <= longest and self._space not in h]
        return [list(hypothesis) for hypothesis in dict.fromkeys([current, *others])]


def read_ctc(
    reader: CTCReader, rescorer: LanguageModelRescorer, log_probs: np.ndarray
) -> list[Reading]:
    """Greedy readings of (N, T, L) log probabilities, the uncertain ones rescored by CTC.

    The texts are those that ``reader.charset`` allows, if it is set.
    """
    if reader.charset is not None:
        log_probs = reader.charset.mask(log_probs)
    readings = reader.read(log_probs)
    rescored = rescorer.rescore(
        readings,
        log_probs,
        lambda rows, hypotheses: reader.score_hypotheses(log_probs[rows], hypotheses),
    )
    readings = [rescored.get(row, reading) for row, reading in enumerate(readings)]
    if reader.charset is None or not reader.charset.is_pattern:
        return readings
    return [
        reading if reader.charset.matches(reading.text) else find_match(reader, columns, reading)
        for reading, columns in zip(readings, log_probs)
    ]


def find_match(reader: CTCReader, log_probs: np.ndarray, reading: Reading) -> Reading:
    """The most probable text that matches the regular expression of a reader.

    Args:
        reader: Reader with a charset.
        log_probs: (T, L) log probabilities.
        reading: Reading that does not match.

    Returns:
        The new reading, with the gaps of the old one. It is empty if the search finds no match.
    """
    charset = reader.charset
    assert charset is not None
    found = ctc_beam_search(
        np.asarray(log_probs, dtype=np.float32),
        reader.unwritten,
        (),
        None,
        0.0,
        beam_width=_MATCH_BEAM,
        prune_below=_MATCH_PRUNE,
        allows=lambda prefix: charset.begins(reader.write(prefix)),
    )
    best = next((h for h in found if h and charset.matches(reader.write(h))), None)
    if best is None:
        return Reading('', [], 0.0, reading.gaps)
    shares = np.exp(reader.score_hypotheses(log_probs[None], [[best]])[0, 0])
    places = align_text(log_probs, best, reader.unwritten)
    return Reading(reader.write(best), shares.tolist(), float(shares.prod()), reading.gaps, places)


def _softmax(values: np.ndarray) -> np.ndarray:
    shares = np.exp(values - values.max())
    return shares / shares.sum()
