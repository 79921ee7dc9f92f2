"""PARSeq a second time, as a reference: the names of its authors, and no code of ours.

The encoder is timm's vision transformer, which the authors build on as well; the decoder is made of
torch's own attention. It reads one crop at a time, and knows one decoder layer, as published.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

CROP_SIZE, PATCH_SIZE = (32, 128), (4, 8)


class ReferenceLayer(nn.Module):
    """Positions look at the characters, then at the crop."""

    def __init__(self, embed_dim: int, num_heads: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.cross_attn = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)
        self.linear1 = nn.Linear(embed_dim, 4 * embed_dim)
        self.linear2 = nn.Linear(4 * embed_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.norm_q = nn.LayerNorm(embed_dim)
        self.norm_c = nn.LayerNorm(embed_dim)

    def forward(self, query: Tensor, content: Tensor, memory: Tensor, hidden: Tensor) -> Tensor:
        """(1, T, D); ``hidden`` is (T, S) bool, True where a position may not look."""
        content = self.norm_c(content)
        query = query + self.self_attn(self.norm_q(query), content, content, attn_mask=hidden)[0]
        query = query + self.cross_attn(self.norm1(query), memory, memory)[0]
        return query + self.linear2(F.gelu(self.linear1(self.norm2(query))))


class ReferencePARSeq(nn.Module):
    """Classes are EOS, the charset, BOS, PAD; the last two are not predicted."""

    def __init__(
        self,
        charset: str,
        embed_dim: int,
        depth: int,
        encoder_heads: int,
        decoder_heads: int,
        max_label_length: int = 25,
    ) -> None:
        super().__init__()
        self.charset = charset
        self.encoder = VisionTransformer(
            img_size=CROP_SIZE,
            patch_size=PATCH_SIZE,
            embed_dim=embed_dim,
            depth=depth,
            num_heads=encoder_heads,
            num_classes=0,
            global_pool='',
            class_token=False,
        )
        self.decoder = nn.Module()
        self.decoder.layers = nn.ModuleList([ReferenceLayer(embed_dim, decoder_heads)])
        self.decoder.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, len(charset) + 1)
        self.text_embed = nn.Module()
        self.text_embed.embedding = nn.Embedding(len(charset) + 3, embed_dim)
        self.pos_queries = nn.Parameter(torch.zeros(1, max_label_length + 1, embed_dim))

    def logits(self, memory: Tensor, tokens: list[int], steps: list[int], hidden: Tensor) -> Tensor:
        """(T, L) for the output positions ``steps``, given BOS and characters."""
        embedded = self.text_embed.embedding(torch.tensor([tokens])) * memory.size(-1) ** 0.5
        # BOS has no position, the i-th character the i-th.
        embedded[:, 1:] += self.pos_queries[:, : len(tokens) - 1]
        query = self.decoder.layers[0](self.pos_queries[:, steps], embedded, memory, hidden)
        return self.head(self.decoder.norm(query))[0]

    @torch.no_grad()
    def draft(self, memory: Tensor, decode_ar: bool) -> Tensor:
        """(T, L): character by character until EOS, or every position from BOS alone."""
        tokens, length = [len(self.charset) + 1], self.pos_queries.size(1)
        if not decode_ar:
            return self.logits(memory, tokens, list(range(length)), torch.zeros(length, 1).bool())
        rows = []
        for step in range(length):
            rows.append(self.logits(memory, tokens, [step], torch.zeros(1, step + 1).bool())[0])
            tokens.append(int(rows[-1].argmax()))
            if tokens[-1] == 0:
                break
        return torch.stack(rows)

    @torch.no_grad()
    def refine(self, memory: Tensor, draft: Tensor) -> Tensor:
        """(T, L): each position from all characters except its own and those after the end."""
        length = self.pos_queries.size(1)
        chars = draft.argmax(-1).tolist()
        chars = chars[: chars.index(0)] if 0 in chars else chars[: length - 1]
        hidden = torch.zeros(length, len(chars) + 1).bool()
        for place in range(len(chars)):
            hidden[place, place + 1] = True
        return self.logits(memory, [len(self.charset) + 1, *chars], list(range(length)), hidden)

    def read(self, logits: Tensor) -> str:
        """The text before EOS."""
        chars = logits.argmax(-1).tolist()
        chars = chars[: chars.index(0)] if 0 in chars else chars
        return ''.join(self.charset[char - 1] for char in chars)


def published_shapes(embed_dim: int, classes: int = 95) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a published file: 12 encoder blocks, one decoder layer, 25 characters."""
    wide = 4 * embed_dim

    def linear(name: str, out: int, width: int) -> dict[str, tuple[int, ...]]:
        return {f'{name}weight': (out, width), f'{name}bias': (out,)}

    def norm(name: str) -> dict[str, tuple[int, ...]]:
        return {f'{name}.weight': (embed_dim,), f'{name}.bias': (embed_dim,)}

    shapes: dict[str, tuple[int, ...]] = {
        'pos_queries': (1, 26, embed_dim),
        'encoder.pos_embed': (1, 128, embed_dim),
        'encoder.patch_embed.proj.weight': (embed_dim, 3, 4, 8),
        'encoder.patch_embed.proj.bias': (embed_dim,),
    }
    for i in range(12):
        block = f'encoder.blocks.{i}'
        shapes |= norm(f'{block}.norm1') | norm(f'{block}.norm2')
        shapes |= linear(f'{block}.attn.qkv.', 3 * embed_dim, embed_dim)
        shapes |= linear(f'{block}.attn.proj.', embed_dim, embed_dim)
        shapes |= linear(f'{block}.mlp.fc1.', wide, embed_dim)
        shapes |= linear(f'{block}.mlp.fc2.', embed_dim, wide)
    layer = 'decoder.layers.0'
    for attention in ('self_attn', 'cross_attn'):
        shapes |= linear(f'{layer}.{attention}.in_proj_', 3 * embed_dim, embed_dim)
        shapes |= linear(f'{layer}.{attention}.out_proj.', embed_dim, embed_dim)
    shapes |= linear(f'{layer}.linear1.', wide, embed_dim)
    shapes |= linear(f'{layer}.linear2.', embed_dim, wide)
    for name in ('norm1', 'norm2', 'norm_q', 'norm_c'):
        shapes |= norm(f'{layer}.{name}')
    shapes |= norm('encoder.norm') | norm('decoder.norm')
    shapes |= linear('head.', classes, embed_dim)
    return shapes | {'text_embed.embedding.weight': (classes + 2, embed_dim)}
