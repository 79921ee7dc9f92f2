"""PP-OCRv6's medium recognizer, fine-tuned like the default recognizer on one GPU.

The published weights are PP-OCRv6_medium_rec_safetensors on the Hugging Face Hub. Convert them to
work_dirs/ppocrv6-medium.pth with clipter convert-ppocr.
"""

_base_ = ['./ppocrv6-small_synth-real_large-batch.py']

load_from = 'work_dirs/ppocrv6-medium.pth'
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
