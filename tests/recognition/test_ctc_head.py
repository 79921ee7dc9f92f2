"""CTC head: loss, greedy decoding, gaps between words, scores of hypotheses."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from mmocr.models.common.dictionary import Dictionary

from pipeline.recognition.decoders import CTCHead

COLUMNS = 6


@pytest.fixture
def head(tmp_path) -> CTCHead:
    """Classes a, b, c, the space and the blank (written '-' below)."""
    (tmp_path / 'letters.txt').write_text('a\nb\nc\n \n')
    dictionary = Dictionary(str(tmp_path / 'letters.txt'), with_padding=True)
    return CTCHead(8, dictionary, blank=4, word_break=3)


def path_log_probs(*paths: str) -> torch.Tensor:
    """Log probabilities of paths whose classes have probability 0.8 in each column."""
    classes = torch.tensor([['abc -'.index(char) for char in path] for path in paths])
    probs = torch.full((*classes.shape, 5), 0.05)
    return probs.scatter(-1, classes[..., None], 0.8).log()


@pytest.mark.parametrize(
    ('path', 'text'),
    [
        ('aab', 'ab'),  # repeats merge
        ('a-ab', 'aab'),  # unless there is a blank between them
        ('a  b', 'a b'),
        (' -ab ', 'ab'),  # no spaces at the ends
        ('a - b', 'a  b'),
        ('----', ''),
        ('  ', ''),
    ],
)
def test_ctc_head_read_collapses_paths(head, path: str, text: str) -> None:
    (reading,) = head.read(path_log_probs(path))
    assert reading.item == text
    assert len(reading.score) == len(text)
    assert reading.word_score == pytest.approx(0.8 ** len(text) if text else 0.0)


def test_ctc_head_read_takes_the_best_column_per_character(head) -> None:
    log_probs = path_log_probs('aab-')
    log_probs[0, 1] = torch.tensor([0.96, 0.01, 0.01, 0.01, 0.01]).log()
    (reading,) = head.read(log_probs)
    assert reading.score == pytest.approx([0.96, 0.8])


@pytest.mark.parametrize(
    ('path', 'gaps'),
    [
        ('aa b', [2.5 / 4]),
        ('a  -b ', [2 / 6]),  # not the space after the last character
        (' a - b', [3.5 / 6]),
        ('a b c', [1.5 / 5, 3.5 / 5]),
        ('a-b', []),
    ],
)
def test_ctc_head_find_gaps_between_characters(head, path: str, gaps: list[float]) -> None:
    (reading,) = head.read(path_log_probs(path))
    assert reading.gaps == pytest.approx(gaps)


def test_ctc_head_score_hypotheses_sums_over_paths(head) -> None:
    torch.manual_seed(0)
    log_probs = torch.randn(2, COLUMNS, 5).log_softmax(-1)
    hypotheses = [[[0, 1], [2]], [[0, 0, 1]]]
    scores = head.reader.score_hypotheses(log_probs.numpy(), hypotheses)
    assert scores.shape == (2, 2, 3)
    for word, k, text in [(0, 0, (0, 1)), (0, 1, (2,)), (1, 0, (0, 0, 1))]:
        total = sum(
            math.exp(sum(log_probs[word, t, c].item() for t, c in enumerate(path)))
            for path in itertools.product(range(5), repeat=COLUMNS)
            if tuple(key for key, _ in itertools.groupby(path) if key != 4) == text
        )
        assert scores[word, k].sum().item() == pytest.approx(math.log(total), rel=1e-4)


def test_ctc_head_loss_is_per_character(head) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, COLUMNS, 5)
    loss = head.loss(logits, [torch.tensor([0, 1]), torch.tensor([2])])
    scores = head.reader.score_hypotheses(logits.log_softmax(-1).numpy(), [[[0, 1]], [[2]]])
    assert loss.item() == pytest.approx(-scores.sum().item() / 3, rel=1e-5)


def test_ctc_head_loss_ignores_empty_and_too_long_labels(head) -> None:
    logits = torch.randn(3, COLUMNS, 5, requires_grad=True)
    labels = [torch.tensor([0, 1]), torch.tensor([], dtype=torch.long), torch.zeros(9).long()]
    head.loss(logits, labels).backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1:].abs().sum() == 0
