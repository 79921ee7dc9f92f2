"""PP-OCRv6's medium recognizer (arXiv 2606.13108) with a Latin charset: 15.6 M parameters."""

_base_ = ['./ppocrv6-small.py']

model = dict(
    backbone=dict(
        stem_channels=64,
        widths=(128, 256, 512, 768),
        depths=(1, 3, 7, 3),
        squeeze_excitation=((0,), (2,), (1, 3, 5), (1,)),
        strides=(1, (2, 1), (2, 1)),
    ),
    encoder=dict(in_channels=768, embed_dim=192, mlp_ratio=4.0),
    decoder=dict(embed_dim=192),
)
