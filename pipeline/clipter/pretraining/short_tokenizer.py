"""open_clip's byte-pair tokenizer with a smaller vocabulary."""

from __future__ import annotations

from typing import Any

_BASE_SIZE = 512  # bytes, and bytes at the end of a word
_SPECIAL_SIZE = 2  # start and end of the text


def build_short_tokenizer(vocab_size: int, context_length: int) -> Any:
    """Build a ``SimpleTokenizer`` that applies only its first merges.

    The merges are in the order of their frequency, so frequent words keep their own token, and rare
    words become more tokens. The full vocabulary of 49,408 tokens would need more weights than all
    other parts of a small CLIP.

    Args:
        vocab_size: Number of tokens, from 514 (bytes only) to 49,408.
        context_length: Number of tokens per text; longer texts are truncated.

    Returns:
        A tokenizer that maps a text or a list of N texts to (N, context_length) int64 token ids.
        The case of letters is ignored.

    Raises:
        ValueError: If ``vocab_size`` is outside this range.
    """
    from open_clip.tokenizer import SimpleTokenizer

    tokenizer: Any = SimpleTokenizer(context_length=context_length)
    least, most = _BASE_SIZE + _SPECIAL_SIZE, tokenizer.vocab_size
    if not least <= vocab_size <= most:
        raise ValueError(f'vocab_size must be from {least} to {most}, got {vocab_size}.')
    tokens = list(tokenizer.encoder)
    special = tokens[-_SPECIAL_SIZE:]
    tokens = tokens[: vocab_size - _SPECIAL_SIZE] + special
    tokenizer.encoder = {token: number for number, token in enumerate(tokens)}
    tokenizer.decoder = {number: token for token, number in tokenizer.encoder.items()}
    merges = list(tokenizer.bpe_ranks)[: vocab_size - least]
    tokenizer.bpe_ranks = {merge: rank for rank, merge in enumerate(merges)}
    tokenizer.cache = {token: token for token in special}
    tokenizer.vocab_size = vocab_size
    tokenizer.all_special_ids = [tokenizer.encoder[token] for token in special]
    tokenizer.sot_token_id, tokenizer.eot_token_id = tokenizer.all_special_ids
    return tokenizer
