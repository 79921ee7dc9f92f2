"""PP-OCRv6's small recognizer (arXiv 2606.13108) with a Latin charset: 3.1 M parameters.

Crops are 48 px high. Their width is one of several steps, chosen by the aspect of the word, so no
padding is needed.
"""

rectifier = dict(
    type='Rectifier',
    # The wide ones are for lines and long words.
    size=(
        48,
        (
            *(32, 48, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 288, 320, 384, 480),
            *(576, 672, 768, 896, 1024, 1216, 1440, 1728, 2048),
        ),
    ),
)
dictionary = dict(
    type='Dictionary',
    dict_file='{{ fileDirname }}/../../pipeline/weights/latin.txt',
    with_padding=True,
)
model = dict(
    type='EncoderDecoderRecognizer',
    data_preprocessor=dict(type='CropDataPreprocessor', bgr_to_rgb=False, pad_right=32),
    backbone=dict(
        type='PPLCNetV4',
        stem_channels=48,
        widths=(96, 192, 384),
        depths=(3, 7, 3),
        squeeze_excitation=((0,), (1, 3, 5), (1,)),
        strides=((2, 1), (2, 1)),
        pool=(3, 2),
    ),
    encoder=dict(type='LightSVTREncoder', in_channels=384, embed_dim=120),
    decoder=dict(type='CTCDecoder', dictionary=dictionary, embed_dim=120),
)
