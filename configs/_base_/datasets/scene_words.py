"""Images with their words, for recognizers of the 94 printable ASCII characters.

data/README.md describes the data sets. A recipe adds a pipeline to each.
"""

charset = (
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
)
max_length = 25
cut_words = dict(type='CutWords', rectifier=dict(type='Rectifier', size=(32, 128)))
words = dict(type='SceneWordsDataset', charset=charset, max_length=max_length)
synthetic = dict(words, data_root='data/synthetic/train', ann_file='annotation.json')
synthetic_val = dict(words, data_root='data/synthetic/val', ann_file='annotation.json')
icdar2015 = dict(words, data_root='data/icdar2015_train', ann_file='textspotting.json')
# Some copies of ICDAR 2015 are stored at 960 x 640; the cameras' images are 1280 x 720.
load_icdar2015 = dict(type='LoadSceneImage', native_size=(720, 1280))
word_crops = dict(words, ann_file='textrecog.json')
