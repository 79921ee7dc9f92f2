"""Rescoring of low-confidence words with a language model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from mmengine.structures import LabelData
from mmocr.models.common.dictionary import Dictionary
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pipeline.recognition.language.ctc_beam_search import ctc_beam_search
from pipeline.recognition.language.letter_ngrams import SYMBOL, LetterNgrams, letter_index
from pipeline.registry import TASK_UTILS

Hypotheses = list[list[int]]
ScoreHypotheses = Callable[[list[int], list[Hypotheses]], Tensor]
"""Function for the visual log probabilities of hypotheses: (n, K, M).

n words, K hypotheses, M characters (with or without EOS). Arguments are n rows of the batch and
the hypotheses of each row. Missing hypotheses and characters are zero.
"""


class LanguageModelRescorer:
    """Rescore low-confidence words with n-best hypotheses and a language model.

    For each word with a low score, CTC beam search with the language model proposes hypotheses.
    The hypothesis with the highest ``log p(visual) + lm_weight * log p(language)`` replaces the
    reading. Readings of several words, and words with letters that the word lists do not contain
    (:meth:`LetterNgrams.covers`), are not rescored.

    Args:
        dictionary: Dictionary of the classifier.
        blanks: The CTC blank and the other classes that act as blanks.
        language_model: :class:`LetterNgrams` or its config. None disables rescoring.
        lm_weight: Weight of the language model's log probabilities.
        rescore_below: Words with a ``word_score`` below this are rescored. The new score is the
            softmax weight of the chosen hypothesis times the total probability of all
            hypotheses.
        max_length: Maximum number of characters of a hypothesis.

    Raises:
        ValueError: If ``lm_weight`` is negative, ``rescore_below`` is not in [0, 1], or the
            dictionary has an unknown token and a language model is given.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        blanks: Collection[int],
        language_model: dict[str, Any] | LetterNgrams | None = None,
        lm_weight: float = 0.4,
        rescore_below: float = 0.9,
        max_length: int | None = None,
    ) -> None:
        if lm_weight < 0 or not 0 <= rescore_below <= 1:
            raise ValueError(
                'lm_weight must be at least 0 and rescore_below in [0, 1], got '
                f'{lm_weight} and {rescore_below}.'
            )
        self.dictionary = dictionary
        self.blanks = frozenset(blanks)
        self.lm_weight = lm_weight
        self.rescore_below = rescore_below
        self.max_length = max_length
        characters = list(dictionary.dict)
        self._space = characters.index(' ') if ' ' in characters else None
        self.letters = [
            letter_index(char) if len(char) == 1 else SYMBOL for char in dictionary.dict
        ]
        self.language_model = (
            TASK_UTILS.build(language_model) if isinstance(language_model, dict) else language_model
        )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Language model for rescoring. It can be replaced between calls."""
        return self._language_model

    @language_model.setter
    def language_model(self, language_model: LetterNgrams | None) -> None:
        if language_model is not None and self.dictionary.unknown_idx is not None:
            raise ValueError(
                'language_model requires a dictionary of characters only: with_unknown=False.'
            )
        self._language_model = language_model

    def rescore(
        self, readings: Sequence[Any], log_probs: Tensor, score_hypotheses: ScoreHypotheses
    ) -> dict[int, LabelData]:
        """Choose new readings for the low-confidence words of a batch.

        Args:
            readings: N readings with ``item`` and ``word_score``.
            log_probs: (N, T, L) CTC log probabilities.
            score_hypotheses: Function for the visual log probabilities of hypotheses.

        Returns:
            New ``item``, ``score`` and ``word_score`` per rescored row. Empty without a language
            model.
        """
        language_model = self.language_model
        if language_model is None:
            return {}
        rows = [
            row
            for row, reading in enumerate(readings)
            if reading.word_score < self.rescore_below and self._can_rescore(reading.item)
        ]
        if not rows:
            return {}
        columns = log_probs[rows].detach().float().cpu().numpy()
        hypotheses = [
            self._propose(language_model, readings[row].item, some)
            for row, some in zip(rows, columns)
        ]
        visual = score_hypotheses(rows, hypotheses).detach().float().cpu()  # (n, K, M)
        language = pad_sequence(
            [
                torch.tensor([language_model.log_prob(self.dictionary.idx2str(h)) for h in some])
                for some in hypotheses
            ],
            batch_first=True,
        )  # (n, K)
        counts = torch.tensor([len(some) for some in hypotheses])
        missing = torch.arange(visual.size(1)) >= counts[:, None]
        whole = visual.sum(-1).masked_fill(missing, -math.inf)
        weights, best = (whole + self.lm_weight * language).softmax(-1).max(-1)
        scores = weights * whole.logsumexp(-1).exp().clamp(max=1)
        chosen = {}
        for i, (row, k, score) in enumerate(zip(rows, best.tolist(), scores.tolist())):
            hypothesis = hypotheses[i][k]
            chosen[row] = LabelData(
                item=self.dictionary.idx2str(hypothesis),
                score=visual[i, k, : len(hypothesis)].exp().tolist(),
                word_score=score,
            )
        return chosen

    def _can_rescore(self, text: str) -> bool:
        """Whether a reading is one covered word. Readings of several words are split first."""
        model = self.language_model
        return bool(text) and ' ' not in text and model is not None and model.covers(text)

    def _propose(self, language_model: LetterNgrams, text: str, log_probs: Any) -> Hypotheses:
        """The current reading and the hypotheses of beam search, without duplicates."""
        found = ctc_beam_search(
            log_probs, self.blanks, self.letters, language_model, self.lm_weight
        )
        current = tuple(self.dictionary.str2idx(text))[: self.max_length]
        longest = self.max_length or len(log_probs)
        others = [h for h in found if h and len(h) <= longest and self._space not in h]
        return [list(hypothesis) for hypothesis in dict.fromkeys([current, *others])]
