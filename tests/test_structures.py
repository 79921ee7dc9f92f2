import pytest
import torch

from pipeline.structures import SceneContext


def make_context(num_images: int, index: list[int]) -> SceneContext:
    tokens = torch.arange(num_images * 2 * 3, dtype=torch.float32).view(num_images, 2, 3)
    return SceneContext(tokens, torch.tensor(index, dtype=torch.int64))


def test_a_context_counts_its_photos_and_words():
    context = make_context(2, [0, 1, 1, -1])
    assert context.num_images == 2
    assert len(context) == 4


def test_a_batch_without_words_is_a_context():
    assert len(make_context(1, [])) == 0


@pytest.mark.parametrize(
    ('tokens', 'index', 'message'),
    [
        (torch.zeros(2, 3), torch.zeros(1, dtype=torch.int64), r'\(I, S, C\)'),
        (torch.zeros(2, 3, 4, dtype=torch.int64), torch.zeros(1, dtype=torch.int64), 'floating'),
        (torch.zeros(2, 3, 4), torch.zeros(1), 'int64'),
        (torch.zeros(2, 3, 4), torch.zeros(1, 1, dtype=torch.int64), r'\(N,\)'),
        (torch.zeros(2, 3, 4), torch.tensor([0, 2]), r'\[-1, 2\).*from 0 to 2'),
        (torch.zeros(2, 3, 4), torch.tensor([-2, 0]), 'from -2 to 0'),
        (torch.zeros(0, 3, 4), torch.tensor([0]), r'\[-1, 0\)'),
        (torch.zeros(2, 3, 4), torch.zeros(1, dtype=torch.int64, device='meta'), 'one device'),
        (torch.zeros(2, 3, 4), [0], 'got list'),
    ],
)
def test_a_wrong_context_is_refused_and_the_message_says_why(tokens, index, message):
    with pytest.raises(ValueError, match=message):
        SceneContext(tokens, index)


def test_a_context_cannot_be_changed_in_place():
    with pytest.raises(AttributeError):
        make_context(1, [0]).tokens = torch.zeros(1, 2, 3)


def test_a_context_moves_as_a_whole():
    moved = make_context(1, [0]).to('cpu')
    assert moved.tokens.device == moved.image_index.device == torch.device('cpu')
