from __future__ import annotations

import pytest
import torch
from parseq_words import CHARS, DICTIONARY, END, PAD, START, make_samples

from pipeline.recognition.module_losses.permutation_language_model_loss import (
    PermutationLanguageModelLoss,
)


def build_loss(**overrides) -> PermutationLanguageModelLoss:
    return PermutationLanguageModelLoss(DICTIONARY, max_seq_len=9, **overrides)


def logits_for(rows: list[list[int]], num_perms: int = 1) -> torch.Tensor:
    """Logits with high confidence for these classes, for every order."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(rows), len(CHARS) + 3).float()
    return (one_hot * 50)[:, None].expand(-1, num_perms, -1, -1)


def test_get_targets_adds_bos_eos_and_padding():
    loss = build_loss()
    short, long = loss.get_targets(make_samples(['ab', 'abcdefgh']))
    assert short.gt_text.padded_indexes.tolist() == [START, 10, 11, END] + [PAD] * 6
    assert long.gt_text.padded_indexes.tolist() == [START, *range(10, 18), END]
    assert short.gt_text.indexes.tolist() == [10, 11]
    assert loss.stack_targets([short]).tolist() == [[START, 10, 11, END]]


def test_loss_is_zero_for_correct_logits_only():
    loss = build_loss()
    samples = loss.get_targets(make_samples(['ab']))
    assert loss(logits_for([[10, 11, END]]), samples)['loss_plm'] < 1e-6
    assert loss(logits_for([[10, 12, END]]), samples)['loss_plm'] > 10


def test_loss_ignores_padding():
    loss = build_loss()
    samples = loss.get_targets(make_samples(['a', 'abcd']))
    outputs = torch.randn(2, 6, 5, len(CHARS) + 3)
    changed = outputs.clone()
    changed[0, :, 2:] = torch.randn(6, 3, len(CHARS) + 3)  # after the EOS of 'a'
    assert torch.equal(loss(outputs, samples)['loss_plm'], loss(changed, samples)['loss_plm'])


def test_loss_counts_eos_in_the_first_two_orders():
    loss = build_loss()
    samples = loss.get_targets(make_samples(['abcd']))
    outputs = torch.randn(1, 6, 5, len(CHARS) + 3, requires_grad=True)
    loss(outputs, samples)['loss_plm'].backward()
    at_end = outputs.grad[0, :, 4].abs().sum(-1)
    assert (at_end[:2] > 0).all()
    assert (at_end[2:] == 0).all()


def test_loss_is_the_mean_over_counted_tokens():
    """Two orders of 'a' and 'ab': 2 x 2 and 2 x 3 tokens, each log(97) for uniform logits."""
    loss = build_loss()
    samples = loss.get_targets(make_samples(['a', 'ab']))
    flat = torch.zeros(2, 2, 3, 97)
    assert loss(flat, samples)['loss_plm'].item() == pytest.approx(torch.tensor(97.0).log().item())


def test_letter_case_applies_to_gt_texts():
    (sample,) = build_loss(letter_case='lower').get_targets(make_samples(['Ab']))
    assert sample.gt_text.indexes.tolist() == [10, 11]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('abcdefghi', 'max_label_length is 8'),
        ('caf\u00e9', "outside the dictionary: \\['\u00e9'\\]"),
    ],
)
def test_get_targets_error_names_the_text(text, message):
    with pytest.raises(ValueError, match=message):
        build_loss().get_targets(make_samples([text]))


def test_get_targets_ignore_policies_leave_words_out():
    loss = build_loss(too_long='ignore', unknown_chars='ignore')
    samples = loss.get_targets(make_samples(['abcdefghi', 'caf\u00e9', 'ab']))
    outputs = torch.randn(3, 2, 3, 97, requires_grad=True)
    loss(outputs, samples)['loss_plm'].backward()
    assert (outputs.grad[:2] == 0).all()
    assert (outputs.grad[2] != 0).any()


def test_loss_of_ignored_words_is_zero():
    loss = build_loss(too_long='ignore')
    samples = loss.get_targets(make_samples(['abcdefghi']))
    assert loss(torch.randn(1, 1, 1, 97), samples)['loss_plm'] == 0


def test_unknown_chars_drop_removes_characters():
    (sample,) = build_loss(unknown_chars='drop').get_targets(make_samples(['caf\u00e9']))
    assert sample.gt_text.indexes.tolist() == [CHARS.index(char) for char in 'caf']


def test_unknown_chars_use_the_unknown_token():
    loss = PermutationLanguageModelLoss({**DICTIONARY, 'with_unknown': True}, max_seq_len=9)
    (sample,) = loss.get_targets(make_samples(['\u00e9']))
    assert sample.gt_text.indexes.tolist() == [loss.dictionary.unknown_idx]


@pytest.mark.parametrize('policy', [{'too_long': 'cut'}, {'unknown_chars': 'keep'}])
def test_loss_rejects_unknown_policies(policy):
    with pytest.raises(ValueError, match='must be'):
        build_loss(**policy)


def test_loss_rejects_a_dictionary_without_eos():
    with pytest.raises(ValueError, match='with_end=True'):
        PermutationLanguageModelLoss({**DICTIONARY, 'with_end': False})
