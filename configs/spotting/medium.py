"""The embedded default's detector with PP-OCRv6's medium recognizer, Latin charset.

No weights are included; ``clipter models medium`` prints how to make them.
"""

_base_ = ['./default.py']

load_from = None
model = dict(
    recognizer=dict(
        backbone=dict(
            stem_channels=64,
            widths=(128, 256, 512, 768),
            depths=(1, 3, 7, 3),
            squeeze_excitation=((0,), (2,), (1, 3, 5), (1,)),
            strides=(1, (2, 1), (2, 1)),
        ),
        encoder=dict(in_channels=768, embed_dim=192, mlp_ratio=4.0),
        decoder=dict(embed_dim=192),
    ),
)
