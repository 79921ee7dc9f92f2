from __future__ import annotations

import pytest
import torch
from parseq_words import DICTIONARY, END, PAD, START, build_decoder, make_samples

from pipeline.recognition.decoders.parseq_scoring import score_readings


def draw_tokens(count: int = 3, width: int = 32) -> torch.Tensor:
    return torch.randn(count, 6, width, generator=torch.Generator().manual_seed(1))


def read_left_to_right(decoder, out_enc: torch.Tensor, texts: list[list[int]]) -> torch.Tensor:
    """Teacher-forced logits (N, T, L) of these characters under the causal mask."""
    chars = torch.tensor(texts, dtype=torch.long)
    tokens = torch.cat([torch.full((len(chars), 1), START), chars], dim=1)
    size = tokens.size(1)
    causal = torch.ones(size, size).tril().bool()
    features = decoder.decode_features(
        tokens, decoder.project_memory(out_enc), torch.arange(size), causal, causal
    )
    return decoder.classify(features)


@pytest.mark.parametrize('depth', [1, 2])
def test_causal_mask_hides_later_characters(depth):
    decoder, out_enc = build_decoder(depth=depth), draw_tokens(1)
    logits = read_left_to_right(decoder, out_enc, [[1, 2, 3, 4, 5]])
    changed = read_left_to_right(decoder, out_enc, [[1, 2, 3, 40, 5]])
    # Step t reads character t + 1 from characters 1 .. t, so changing the 4th shows from step 4 on.
    assert torch.equal(logits[:, :4], changed[:, :4])
    assert not torch.allclose(logits[:, 4], changed[:, 4])


@pytest.mark.parametrize('depth', [1, 2])
def test_decode_ar_equals_teacher_forcing(depth):
    decoder, out_enc = build_decoder(depth=depth), draw_tokens(4)
    with torch.no_grad():
        logits = decoder.read_autoregressively(decoder.project_memory(out_enc))
        chars = logits.argmax(-1)
        again = read_left_to_right(decoder, out_enc, chars[:, :-1].tolist())
    assert torch.equal(again.argmax(-1), chars)
    finite = logits.isfinite()
    torch.testing.assert_close(again[finite], logits[finite], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('depth', [1, 2])
def test_decode_nar_equals_refining_an_empty_draft(depth):
    """Refinement of an empty draft is non-autoregressive decoding."""
    decoder = build_decoder(depth=depth)
    memory = decoder.project_memory(draw_tokens())
    empty_draft = torch.full((3, decoder.max_seq_len), END)
    one_shot = decoder.read_one_shot(memory)
    refined = decoder.refine(empty_draft, memory)
    assert torch.equal(one_shot.argmax(-1), refined.argmax(-1))
    finite = one_shot.isfinite()
    torch.testing.assert_close(refined[finite], one_shot[finite], rtol=1e-5, atol=1e-5)


def test_refine_iters_repeats_the_refinement():
    decoder, out_enc = build_decoder(decode_ar=False, refine_iters=2), draw_tokens()
    memory = decoder.project_memory(out_enc)
    once = decoder.refine(decoder.read_one_shot(memory).argmax(-1), memory)
    twice = decoder.refine(once.argmax(-1), memory)
    assert torch.equal(decoder.forward_test(None, out_enc), twice.softmax(-1))
    decoder.refine_iters = 0
    assert torch.equal(
        decoder.forward_test(None, out_enc), decoder.read_one_shot(memory).softmax(-1)
    )


def test_refine_masks_the_predicted_character():
    decoder = build_decoder()
    memory = decoder.project_memory(draw_tokens(1))
    draft, other = torch.tensor([[1, 2, 3, 4, END]]), torch.tensor([[1, 2, 30, 4, END]])
    first, second = decoder.refine(draft, memory), decoder.refine(other, memory)
    assert torch.equal(first[:, 2], second[:, 2])
    assert not torch.allclose(first[:, 1], second[:, 1])
    assert not torch.allclose(first[:, 3], second[:, 3])


def test_refine_masks_characters_after_eos():
    decoder = build_decoder()
    memory = decoder.project_memory(draw_tokens(1))
    first = decoder.refine(torch.tensor([[1, 2, END, 7, 8]]), memory)
    second = decoder.refine(torch.tensor([[1, 2, END, 50, END]]), memory)
    assert torch.equal(first, second)


def test_all_permutations_share_parameters():
    few = build_decoder(module_loss={'type': 'PermutationLanguageModelLoss', 'perm_num': 2})
    many = build_decoder(module_loss={'type': 'PermutationLanguageModelLoss', 'perm_num': 24})
    shapes = {name: value.shape for name, value in few.state_dict().items()}
    assert shapes == {name: value.shape for name, value in many.state_dict().items()}
    many.load_state_dict(few.state_dict())


@pytest.mark.parametrize('depth', [1, 2])
def test_forward_train_keeps_permutations_independent(depth):
    """The permutations share one forward pass, but their attention masks are separate."""
    decoder, out_enc = build_decoder(depth=depth), draw_tokens(2)
    samples = decoder.module_loss.get_targets(make_samples(['abcde', 'xy']))
    perms = torch.tensor([[0, 1, 2, 3, 4, 5, 6], [0, 6, 5, 4, 3, 2, 1], [0, 3, 1, 5, 2, 4, 6]])
    decoder.module_loss.draw_permutations = lambda num_chars: perms
    together = decoder.forward_train(None, out_enc, samples)
    assert together.shape == (2, 3, 6, decoder.dictionary.num_classes)
    for i, perm in enumerate(perms):
        decoder.module_loss.draw_permutations = lambda num_chars, perm=perm: perm[None]
        alone = decoder.forward_train(None, out_enc, samples)
        finite = alone.isfinite()
        torch.testing.assert_close(
            together[:, i : i + 1][finite], alone[finite], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize('depth', [1, 2])
def test_forward_train_is_independent_of_padding(depth):
    """With the left-to-right order, padding does not change the logits of a short word."""
    decoder, out_enc = build_decoder(depth=depth), draw_tokens(2)
    decoder.module_loss.draw_permutations = lambda num_chars: torch.arange(num_chars + 2)[None]
    get_targets = decoder.module_loss.get_targets
    beside = decoder.forward_train(None, out_enc, get_targets(make_samples(['ab', 'abcdefg'])))
    alone = decoder.forward_train(None, out_enc[:1], get_targets(make_samples(['ab'])))
    finite = alone.isfinite()
    torch.testing.assert_close(beside[:1, :, :3][finite], alone[finite], rtol=1e-4, atol=1e-5)


def test_decode_ar_stops_after_the_last_eos():
    decoder, out_enc = build_decoder(refine_iters=0), draw_tokens()
    with torch.no_grad():
        decoder.head.bias[END] = 1e4
    assert decoder.forward_test(None, out_enc).shape[1] == 1
    with torch.no_grad():
        decoder.head.bias[END] = -1e4
    assert decoder.forward_test(None, out_enc).shape[1] == decoder.max_label_length + 1


def test_decoder_never_predicts_bos_and_pad():
    decoder, out_enc = build_decoder(), draw_tokens()
    with torch.no_grad():
        decoder.head.bias[[START, PAD]] = 1e4
    probs = decoder.forward_test(None, out_enc)
    assert (probs[..., [START, PAD]] == 0).all()
    torch.testing.assert_close(probs.sum(-1), torch.ones(probs.shape[:2]))


@pytest.mark.parametrize('decode_ar', [True, False])
def test_forward_test_is_independent_of_the_batch(decode_ar):
    decoder, out_enc = build_decoder(decode_ar=decode_ar), draw_tokens(5)
    together = decoder.predict(None, out_enc, make_samples([''] * 5))
    for i in range(5):
        (alone,) = decoder.predict(None, out_enc[i : i + 1], make_samples(['']))
        assert alone.pred_text.item == together[i].pred_text.item
        assert alone.pred_text.score == pytest.approx(together[i].pred_text.score, rel=1e-3)


@pytest.mark.parametrize('decode_ar', [True, False])
def test_late_fusion_is_applied_before_each_classification(decode_ar):
    decoder, out_enc = build_decoder(decode_ar=decode_ar), draw_tokens()
    samples = make_samples(['abc', 'd', 'ef'])
    plain = decoder(None, out_enc)
    assert torch.equal(decoder(None, out_enc, fuse_features=lambda features: features), plain)
    shapes = []

    def silence(features: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(features.shape))
        return features * 0

    fused = decoder(None, out_enc, fuse_features=silence)
    assert (fused == fused[0, 0]).all()  # only the classifier's bias is left
    assert all(shape[0] == 3 and shape[2] == 32 for shape in shapes)
    loss = decoder.loss(None, out_enc, samples, fuse_features=silence)['loss_plm']
    assert not torch.allclose(loss, decoder.loss(None, out_enc, samples)['loss_plm'])


def test_attention_is_equal_in_training_and_eval_mode():
    """On the CPU, training uses matrix products and inference the fused kernel."""
    decoder, out_enc = build_decoder(dropout=0.0), draw_tokens(2)
    perms = torch.tensor([[0, 1, 2, 3, 4], [0, 4, 3, 2, 1]])
    decoder.module_loss.draw_permutations = lambda num_chars: perms
    samples = make_samples(['abc', 'd'])
    in_eval = decoder.loss(None, out_enc, samples)['loss_plm']
    in_train = decoder.train().loss(None, out_enc, samples)['loss_plm']
    torch.testing.assert_close(in_train, in_eval)


def test_decoder_does_not_modify_configs():
    module_loss = {'type': 'PermutationLanguageModelLoss'}
    postprocessor = {'type': 'PARSeqPostprocessor'}
    build_decoder(module_loss=module_loss, postprocessor=postprocessor)
    assert module_loss == {'type': 'PermutationLanguageModelLoss'}
    assert postprocessor == {'type': 'PARSeqPostprocessor'}


def test_decoder_rejects_tokens_of_another_width():
    with pytest.raises(ValueError, match=r'requires encoder tokens \(N, T, 32\), got \(3, 6, 48\)'):
        build_decoder()(None, draw_tokens(width=48))


def test_decoder_rejects_a_dictionary_without_padding():
    with pytest.raises(ValueError, match='with_padding=True'):
        build_decoder(dictionary={**DICTIONARY, 'with_padding': False})


def test_forward_rejects_training_without_gt_texts():
    with pytest.raises(ValueError, match='data_samples is None'):
        build_decoder().train()(None, draw_tokens())


@pytest.mark.parametrize('depth', [1, 2])
def test_score_readings_equals_decode_ar(depth):
    decoder, out_enc = build_decoder(depth=depth), draw_tokens(2)
    memory = decoder.project_memory(out_enc)
    readings = torch.tensor(
        [[[1, 2, 3], [4, PAD, PAD]], [[PAD, PAD, PAD], [7, 8, PAD]]]
    )  # fmt: skip
    with torch.no_grad():
        scores = score_readings(decoder, memory, readings)
        assert scores.shape == (2, 2, 4)
        for i, of_crop in enumerate(readings.tolist()):
            for k, reading in enumerate(of_crop):
                chars = [c for c in reading if c != PAD]
                logits = read_left_to_right(decoder, out_enc[i : i + 1], [chars])[0]
                alone = logits.log_softmax(-1)[range(len(chars) + 1), [*chars, END]]
                torch.testing.assert_close(
                    scores[i, k, : len(chars) + 1], alone, rtol=1e-4, atol=1e-4
                )
                assert (scores[i, k, len(chars) + 1 :] == 0).all()


def test_score_readings_applies_late_fusion_per_crop():
    decoder, out_enc = build_decoder(), draw_tokens(2)
    memory = decoder.project_memory(out_enc)
    shift = torch.randn(2, 1, 32, generator=torch.Generator().manual_seed(2))
    readings = torch.tensor([[[1, 2], [3, PAD]], [[1, 2], [3, PAD]]])
    with torch.no_grad():
        fused = score_readings(decoder, memory, readings, lambda features: features + shift)
        for i in range(2):
            alone = score_readings(
                decoder,
                decoder.project_memory(out_enc[i : i + 1]),
                readings[i : i + 1],
                lambda features, i=i: features + shift[i : i + 1],
            )
            torch.testing.assert_close(fused[i : i + 1], alone, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(fused, score_readings(decoder, memory, readings))
