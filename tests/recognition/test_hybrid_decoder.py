"""The hybrid decoder reads by CTC and by PARSeq from one encoder."""

from __future__ import annotations

import math

import pytest
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.recognition import HybridDecoder

COLUMNS = 8
FINDS_GAPS = dict(
    finds_gaps=True,
    module_loss=dict(type='PermutationLanguageModelLoss', unknown_chars='ignore'),
)


def make_decoder(tmp_path, **overrides) -> HybridDecoder:
    dict_file = tmp_path / 'abc.txt'
    dict_file.write_text('a\nb\nc\n')
    torch.manual_seed(0)
    settings = dict(
        grid_size=(2, COLUMNS),
        dictionary=dict(
            type='Dictionary',
            dict_file=str(dict_file),
            with_start=True,
            with_end=True,
            with_padding=True,
        ),
        embed_dim=16,
        num_heads=2,
        dropout=0.0,
        max_label_length=5,
        module_loss=dict(type='PermutationLanguageModelLoss', too_long='ignore'),
        postprocessor=dict(type='PARSeqPostprocessor'),
    )
    return HybridDecoder(**{**settings, **overrides})


def gold(*texts: str) -> list[TextRecogDataSample]:
    return [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts]


def learn(decoder: HybridDecoder, tokens: torch.Tensor, *texts: str) -> None:
    """Teach the CTC head alone what the tokens read."""
    optimizer = torch.optim.Adam(decoder.ctc_head.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        decoder.loss(None, tokens, gold(*texts))['loss_ctc'].backward()
        optimizer.step()
    decoder.eval()


def read_path(decoder: HybridDecoder, path: str) -> LabelData:
    """Collapse a path of characters, '-' being the blank, each of probability 0.5."""
    blank = decoder.dictionary.start_idx
    classes = [blank if c == '-' else decoder.dictionary.char2idx(c) for c in path]
    return decoder._collapse(classes, [0.5] * len(classes))


@pytest.mark.parametrize(
    ('path', 'text'),
    [
        ('aab', 'ab'),  # repeats merge
        ('a-ab', 'aab'),  # unless a blank stands between them
        ('--c-', 'c'),
        ('----', ''),
        ('abcba', 'abcba'),
    ],
)
def test_a_ctc_path_collapses_to_its_text(tmp_path, path: str, text: str) -> None:
    read = read_path(make_decoder(tmp_path), path)
    assert read.item == text
    assert len(read.score) == len(text)
    assert read.word_score == (0.5 ** len(text) if text else 0.0)


def test_ctc_loss_is_the_probability_of_all_paths(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    with torch.no_grad():
        decoder.ctc_head.weight.zero_()
        decoder.ctc_head.bias.zero_()
    tokens = torch.randn(1, 2 * COLUMNS, 16)
    loss = decoder.loss(None, tokens, gold('a'))['loss_ctc']
    # With all classes alike every path has the same probability; 'a' is written by the paths
    # with one run of a's among blanks: a start and an end of the run, C (C + 1) / 2 of them.
    paths = COLUMNS * (COLUMNS + 1) / 2
    classes = decoder.dictionary.num_classes
    assert loss.item() == pytest.approx(COLUMNS * math.log(classes) - math.log(paths), rel=1e-5)


def test_words_that_a_policy_left_out_teach_ctc_nothing(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    alone = decoder.loss(None, tokens[:1], gold('ab'))['loss_ctc']
    with_long = decoder.loss(None, tokens, gold('ab', 'aaaaaaa'))['loss_ctc']
    torch.testing.assert_close(with_long, alone)


def test_both_losses_train_the_encoder(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    for name in ('loss_plm', 'loss_ctc'):
        tokens = torch.randn(2, 2 * COLUMNS, 16, requires_grad=True)
        decoder.loss(None, tokens, gold('ab', 'c'))[name].backward()
        assert tokens.grad is not None and tokens.grad.abs().sum() > 0


def test_the_ctc_reader_learns_two_words(tmp_path) -> None:
    decoder = make_decoder(tmp_path, reader='ctc')
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab', 'cab')
    read = decoder.predict(None, tokens, gold('', ''))
    assert [sample.pred_text.item for sample in read] == ['ab', 'cab']


def test_a_grid_that_does_not_fit_the_encoder_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match=r'grid_size=\(2, 8\) has 16 tokens, got 12'):
        make_decoder(tmp_path).classify_columns(torch.zeros(1, 12, 16))


def test_an_unknown_reader_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match='reader must be one of'):
        make_decoder(tmp_path, reader='beam')


def test_gaps_between_words_are_learned_and_named(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    texts = ['ab c', 'ab']
    learn(decoder, tokens, *texts)
    for reader in ('ctc', 'parseq'):
        decoder.reader = reader
        joined, single = decoder.predict(None, tokens, gold(*texts))
        assert len(joined.pred_text.gaps) == 1 and 0 < joined.pred_text.gaps[0] < 1
        assert single.pred_text.gaps == []
    decoder.reader = 'ctc'
    read = decoder.predict(None, tokens, gold(*texts))
    assert [sample.pred_text.item for sample in read] == ['abc', 'ab']


def test_texts_of_several_words_do_not_teach_parseq(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    torch.manual_seed(1)
    with_line = decoder.loss(None, tokens, gold('ab', 'a b'))['loss_plm']
    torch.manual_seed(1)
    alone = decoder.loss(None, tokens[:1], gold('ab'))['loss_plm']
    assert with_line.item() == pytest.approx(alone.item(), rel=1e-4)


@pytest.mark.parametrize(
    ('path', 'gaps'),
    [
        ('aa b', [2.5 / 4]),
        ('a  -b ', [2 / 6]),  # behind the last character is no gap
        (' a - b', [3.5 / 6]),
        ('a b c', [1.5 / 5, 3.5 / 5]),
        ('a-b', []),
        ('  --', []),
    ],
)
def test_gaps_lie_between_characters(tmp_path, path: str, gaps: list[float]) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    specials = {'-': decoder.dictionary.start_idx, ' ': decoder.dictionary.padding_idx}
    classes = [specials.get(c, decoder.dictionary.char2idx(c, strict=False)) for c in path]
    assert decoder._find_gaps(classes) == pytest.approx(gaps)


def test_a_space_among_the_characters_is_refused(tmp_path) -> None:
    dict_file = tmp_path / 'with_space.txt'
    dict_file.write_text('a\n \n')
    dictionary = dict(
        type='Dictionary',
        dict_file=str(dict_file),
        with_start=True,
        with_end=True,
        with_padding=True,
    )
    with pytest.raises(ValueError, match='without a space'):
        make_decoder(tmp_path, finds_gaps=True, dictionary=dictionary)


def test_gaps_are_not_learned_where_parseq_would_learn_texts_of_several_words(tmp_path) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    with pytest.raises(ValueError, match="unknown_chars='ignore'"):
        decoder.loss(None, torch.randn(1, 2 * COLUMNS, 16), gold('ab'))
