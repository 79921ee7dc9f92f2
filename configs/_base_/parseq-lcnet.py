"""PARSeq (Bautista & Atienza, ECCV 2022) on the frozen backbone of the embedded default.

The tokens of the encoder are the vectors of the backbone instead of patches.
"""

_base_ = ['./lcnet.py', './parseq-compact.py']

model = dict(
    data_preprocessor=dict(_delete_=True, **_base_.crops),
    backbone=_base_.backbone,
    encoder=dict(
        _delete_=True,
        type='ViTEncoder',
        img_size=(1, 40),
        in_channels=384,
        patch_size=(1, 1),
        embed_dim=192,
        depth=2,
        num_heads=6,
    ),
    decoder=dict(mlp_ratio=4.0),
)
