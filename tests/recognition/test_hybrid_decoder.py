"""The hybrid decoder: CTC and PARSeq on one encoder."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

from pipeline.recognition.decoders.hybrid_decoder import HybridDecoder
from pipeline.recognition.language.letter_ngrams import LetterNgrams

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
    """Train the CTC head only, on given texts of the tokens."""
    optimizer = torch.optim.Adam(decoder.ctc_head.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        decoder.loss(None, tokens, gold(*texts))['loss_ctc'].backward()
        optimizer.step()
    decoder.eval()


def read_path(decoder: HybridDecoder, path: str) -> LabelData:
    """Collapse a path of characters with probability 0.5 each; '-' is the blank."""
    blank = decoder.dictionary.start_idx
    classes = [blank if c == '-' else decoder.dictionary.char2idx(c) for c in path]
    log_probs = np.full((1, len(classes), decoder.ctc_head.out_features), -9.0)
    log_probs[0, range(len(classes)), classes] = math.log(0.5)
    return decoder.ctc_head.read(torch.from_numpy(log_probs))[0]


@pytest.mark.parametrize(
    ('path', 'text'),
    [
        ('aab', 'ab'),  # repeats merge
        ('a-ab', 'aab'),  # unless a blank is between them
        ('--c-', 'c'),
        ('----', ''),
        ('abcba', 'abcba'),
    ],
)
def test_ctc_reader_collapses_paths(tmp_path, path: str, text: str) -> None:
    read = read_path(make_decoder(tmp_path), path)
    assert read.item == text
    assert len(read.score) == len(text)
    assert read.word_score == pytest.approx(0.5 ** len(text) if text else 0.0)


def test_ctc_loss_sums_over_all_paths(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    with torch.no_grad():
        decoder.ctc_head.weight.zero_()
        decoder.ctc_head.bias.zero_()
    tokens = torch.randn(1, 2 * COLUMNS, 16)
    loss = decoder.loss(None, tokens, gold('a'))['loss_ctc']
    # With uniform classes every path has the same probability. 'a' is the text of the paths
    # with one run of a's among blanks: a start and an end of the run, C (C + 1) / 2 of them.
    paths = COLUMNS * (COLUMNS + 1) / 2
    classes = decoder.dictionary.num_classes
    assert loss.item() == pytest.approx(COLUMNS * math.log(classes) - math.log(paths), rel=1e-5)


def test_ctc_loss_skips_words_left_out_by_a_policy(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    alone = decoder.loss(None, tokens[:1], gold('ab'))['loss_ctc']
    with_long = decoder.loss(None, tokens, gold('ab', 'aaaaaaa'))['loss_ctc']
    torch.testing.assert_close(with_long, alone)


def test_hybrid_losses_both_train_the_encoder(tmp_path) -> None:
    decoder = make_decoder(tmp_path)
    for name in ('loss_plm', 'loss_ctc'):
        tokens = torch.randn(2, 2 * COLUMNS, 16, requires_grad=True)
        decoder.loss(None, tokens, gold('ab', 'c'))[name].backward()
        assert tokens.grad is not None and tokens.grad.abs().sum() > 0


def test_ctc_reader_learns_two_words(tmp_path) -> None:
    decoder = make_decoder(tmp_path, reader='ctc')
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab', 'cab')
    read = decoder.predict(None, tokens, gold('', ''))
    assert [sample.pred_text.item for sample in read] == ['ab', 'cab']


def test_hybrid_decoder_rejects_another_grid_size(tmp_path) -> None:
    with pytest.raises(ValueError, match=r'grid_size=\(2, 8\) has 16 tokens, got 12'):
        make_decoder(tmp_path).classify_columns(torch.zeros(1, 12, 16))


def test_hybrid_decoder_rejects_an_unknown_reader(tmp_path) -> None:
    with pytest.raises(ValueError, match='reader must be one of'):
        make_decoder(tmp_path, reader='beam')


def test_finds_gaps_learns_and_reports_word_gaps(tmp_path) -> None:
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


@pytest.mark.parametrize('reader', ['ctc', 'parseq'])
def test_finds_gaps_excludes_the_padding_of_a_crop(tmp_path, reader: str) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS)
    tokens = torch.randn(1, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab c')
    decoder.reader = reader

    def gaps(valid_ratio: float) -> list[float]:
        samples = gold('ab c')
        samples[0].set_metainfo({'valid_ratio': valid_ratio})
        return decoder.predict(None, tokens, samples)[0].pred_text.gaps

    (gap,) = gaps(1.0)
    assert gaps((1 + gap) / 2) == pytest.approx([2 * gap / (1 + gap)])
    assert gaps(gap / 2) == []


def test_finds_gaps_leaves_texts_with_spaces_out_of_loss_plm(tmp_path) -> None:
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
        ('a  -b ', [2 / 6]),  # no gap after the last character
        (' a - b', [3.5 / 6]),
        ('a b c', [1.5 / 5, 3.5 / 5]),
        ('a-b', []),
        ('  --', []),
    ],
)
def test_gaps_are_between_characters(tmp_path, path: str, gaps: list[float]) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    specials = {'-': decoder.dictionary.start_idx, ' ': decoder.dictionary.padding_idx}
    classes = [specials.get(c, decoder.dictionary.char2idx(c, strict=False)) for c in path]
    assert decoder.ctc_head.reader.find_gaps(classes) == pytest.approx(gaps)


def test_finds_gaps_rejects_a_dictionary_with_space(tmp_path) -> None:
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


def test_finds_gaps_requires_unknown_chars_ignore(tmp_path) -> None:
    decoder = make_decoder(tmp_path, finds_gaps=True)
    with pytest.raises(ValueError, match="unknown_chars='ignore'"):
        decoder.loss(None, torch.randn(1, 2 * COLUMNS, 16), gold('ab'))


LANGUAGE = dict(type='LetterNgrams', words={'cab': 1})


def read_texts(decoder: HybridDecoder, tokens: torch.Tensor, **kwargs) -> list[LabelData]:
    decoder.eval()
    with torch.no_grad():
        samples = decoder.predict(None, tokens, gold(*[''] * len(tokens)), **kwargs)
    return [sample.pred_text for sample in samples]


def spread(decoder: HybridDecoder) -> HybridDecoder:
    """Larger weights, because with initial weights all inputs have the same reading."""
    for name, parameter in decoder.named_parameters():
        if 'norm' not in name:
            torch.nn.init.normal_(parameter, std=0.5)
    return decoder


def test_strong_language_model_dominates_noise(tmp_path) -> None:
    tokens = torch.randn(3, 2 * COLUMNS, 16)
    seen = read_texts(make_decoder(tmp_path), tokens)
    assert all(word.item != 'cab' for word in seen)
    read = read_texts(make_decoder(tmp_path, language_model=LANGUAGE, lm_weight=30.0), tokens)
    for word in read:
        assert word.item == 'cab' and len(word.score) == 3
        assert 0 < word.word_score < 0.5  # PARSeq is not trained on this text.
        assert all(0 < score < 1 for score in word.score)


def test_language_model_rescores_low_confidence_words_only(tmp_path) -> None:
    tokens = torch.randn(8, 2 * COLUMNS, 16)
    plain = read_texts(spread(make_decoder(tmp_path)), tokens)
    scores = sorted(word.word_score for word in plain)
    between = (scores[3] + scores[4]) / 2
    read = read_texts(
        spread(
            make_decoder(
                tmp_path,
                language_model=LANGUAGE,
                lm_weight=30.0,
                rescore_below=between,
            )
        ),
        tokens,
    )
    for before, after in zip(plain, read):
        if before.word_score < between:
            assert after.word_score != before.word_score
        else:
            assert (after.item, after.score) == (before.item, before.score)


def test_language_model_with_zero_lm_weight_changes_nothing(tmp_path) -> None:
    tokens = torch.randn(4, 2 * COLUMNS, 16)
    tokens[2:] *= 5  # higher score with fewer hypotheses
    readings = [
        read_texts(
            spread(
                make_decoder(
                    tmp_path,
                    language_model=dict(type='LetterNgrams', words={word: 1}),
                    lm_weight=0.0,
                )
            ),
            tokens,
        )
        for word in ('cab', 'abba')
    ]
    assert [w.item for w in readings[0]] == [w.item for w in readings[1]]


def test_rescoring_batches_different_n_best_sizes(tmp_path) -> None:
    for weight in (0.0, 0.4):
        decoder = make_decoder(tmp_path, language_model=LANGUAGE, lm_weight=weight)
        proposals = iter([[[0]], [[0, 1], [1], [2, 0, 1]]])
        decoder.rescorer._propose = lambda *_, proposals=proposals: next(proposals)
        words = read_texts(decoder, torch.randn(2, 2 * COLUMNS, 16))
        assert words[0].item == 'a'
        assert all(0 < word.word_score < 1 for word in words)


@pytest.mark.parametrize('count', [1, 2])
def test_rescoring_truncates_words_without_eos(tmp_path, count: int) -> None:
    decoder = make_decoder(tmp_path, language_model=LANGUAGE)
    with torch.no_grad():
        decoder.head.bias[decoder.dictionary.end_idx] = -50.0
        decoder.ctc_head.bias[decoder.dictionary.start_idx] = 50.0  # CTC predicts blanks only.
    for word in read_texts(decoder, torch.randn(count, 2 * COLUMNS, 16)):
        assert 0 < len(word.item) <= 5
        assert 0 <= word.word_score < 1e-6


def test_rescored_word_score_uses_the_temperature(tmp_path) -> None:
    tokens = torch.randn(3, 2 * COLUMNS, 16)
    scores = []
    for temperature in (1.0, 4.0):
        decoder = make_decoder(
            tmp_path,
            language_model=LANGUAGE,
            rescore_below=1.0,
            postprocessor=dict(type='PARSeqPostprocessor', temperature=temperature),
        )
        scores.append([word.word_score for word in read_texts(spread(decoder), tokens)])
    assert scores[0] != scores[1]


def test_rescoring_keeps_the_scene_of_each_crop(tmp_path) -> None:
    decoder = spread(make_decoder(tmp_path, language_model=LANGUAGE, rescore_below=0.9))
    tokens = torch.randn(4, 2 * COLUMNS, 16)
    scenes = torch.randn(4, 1, 16)
    together = read_texts(decoder, tokens, fuse_features=lambda features: features + scenes)
    assert any(word.word_score < 0.9 for word in together)
    for i, word in enumerate(together):
        (alone,) = read_texts(
            decoder,
            tokens[i : i + 1],
            fuse_features=lambda features, i=i: features + scenes[i : i + 1],
        )
        assert word.item == alone.item
        assert word.word_score == pytest.approx(alone.word_score, rel=1e-3)


def test_finds_gaps_works_with_a_language_model(tmp_path) -> None:
    decoder = make_decoder(tmp_path, **FINDS_GAPS, language_model=LANGUAGE)
    tokens = torch.randn(2, 2 * COLUMNS, 16)
    learn(decoder, tokens, 'ab c', 'ab')
    joined, single = read_texts(decoder, tokens)
    assert len(joined.gaps) == 1 and single.gaps == []


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(reader='ctc'), "language_model requires reader='parseq', got 'ctc'"),
        (dict(lm_weight=-1.0), 'lm_weight must be at least 0'),
        (dict(rescore_below=1.5), r'rescore_below in \[0, 1\], got 0.4 and 1.5'),
    ],
)
def test_hybrid_decoder_rejects_invalid_language_model_settings(
    tmp_path, settings, message
) -> None:
    with pytest.raises(ValueError, match=message):
        make_decoder(tmp_path, language_model=LANGUAGE, **settings)


def test_language_model_setter_validates_the_model(tmp_path) -> None:
    with pytest.raises(ValueError, match="language_model requires reader='parseq'"):
        make_decoder(tmp_path, reader='ctc').language_model = LetterNgrams({'cab': 1})
    (tmp_path / 'letters.txt').write_text('a\nb\n')
    dictionary = dict(
        type='Dictionary',
        dict_file=str(tmp_path / 'letters.txt'),
        with_start=True,
        with_end=True,
        with_padding=True,
        with_unknown=True,
    )
    with pytest.raises(ValueError, match='with_unknown=False'):
        make_decoder(tmp_path, dictionary=dictionary, language_model=LANGUAGE)
