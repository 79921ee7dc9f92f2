"""The embedded default's detector with PARSeq-S as the recognizer, with separate weights.

Weights are those of a training run of this repository, or the published ones of PARSeq's authors
(github.com/baudm/parseq, parseq-bb5792a6.pt). Both are packed by

    clipter pack-spotter configs/spotting/default_parseq-small.py \
        --recognizer parseq-bb5792a6.pt --out work_dirs/parseq-small_spotter.safetensors
    clipter infer photo.jpg --config configs/spotting/default_parseq-small.py \
        --checkpoint work_dirs/parseq-small_spotter.safetensors
"""

_base_ = ['../../pipeline/weights/default_spotter.py']

load_from = None
model = dict(
    rectifier=dict(_delete_=True, type='Rectifier', size=(32, 128)),
    recognizer=dict(
        _delete_=True,
        type='PARSeq',
        data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=True),
        encoder=dict(
            type='ViTEncoder',
            img_size=(32, 128),
            stem='patch',
            patch_size=(4, 8),
            embed_dim=384,
            depth=12,
            num_heads=6,
        ),
        decoder=dict(
            type='PARSeqDecoder',
            dictionary=dict(
                type='Dictionary',
                dict_file='{{ fileDirname }}/../../data/dicts/ascii94.txt',
                with_start=True,
                with_end=True,
                with_padding=True,
            ),
            embed_dim=384,
            num_heads=12,
            max_label_length=25,
            module_loss=dict(type='PermutationLanguageModelLoss'),
            postprocessor=dict(type='PARSeqPostprocessor'),
        ),
    ),
)
