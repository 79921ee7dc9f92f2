"""Images with word polygons, for detectors.

data/README.md describes the data sets. A recipe adds a pipeline to each: ``load_words``,
transforms, ``pack_words``.
"""

load_words = [
    dict(type='LoadImageFromFile', color_type='color_ignore_orientation'),
    dict(type='LoadOCRAnnotations', with_polygon=True, with_bbox=True, with_label=True),
]
pack_words = dict(type='PackTextDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape'))
synthetic = dict(type='OCRDataset', data_root='data/synthetic/train', ann_file='annotation.json')
icdar2015 = dict(type='OCRDataset', data_root='data/icdar2015_train', ann_file='textdet.json')
# Some copies of ICDAR 2015 are stored at 960 x 640; the cameras' images are 1280 x 720.
icdar2015_size = (720, 1280)
textless = dict(type='OCRDataset', data_root='data/backgrounds', ann_file='textdet.json')
