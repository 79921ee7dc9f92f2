from __future__ import annotations

from pathlib import Path

import pytest
from published_sets import icdar, pack, ring_of, words_of, write_photos

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.svt import read_svt

REAL = Path(__file__).parents[3] / 'data' / 'svt_train'
XML = """<?xml version="1.0" encoding="utf-8"?>
<tagset>
  <image>
    <imageName>img/14_03.jpg</imageName>
    <address>341 Southwest 10th Avenue Portland OR</address>
    <lex>
    LIVING,ROOM, KENNY,MARK,ROOM,
    </lex>
    <Resolution x="1280" y="880"/>
    <taggedRectangles>
      <taggedRectangle height="7" width="23" x="3" y="25"><tag>LIVING</tag></taggedRectangle>
      <taggedRectangle height="7" width="17" x="-2" y="2"><tag>ROOM</tag></taggedRectangle>
    </taggedRectangles>
  </image>
</tagset>
"""


def write_svt(folder: Path, *splits: str) -> Path:
    write_photos(folder / 'img', '14_03.jpg')
    for split in splits:
        (folder / f'{split}.xml').write_text(XML)
    return folder


@pytest.mark.parametrize('folder', ['.', 'svt1', 'svt/svt1'])
def test_svt_reads_rectangles_and_lexicons(folder, tmp_path):
    write_svt(tmp_path / folder, 'test')
    (split,) = read_svt(tmp_path)
    (sample,) = split.samples
    assert split.name == 'test'
    assert (tmp_path / sample['img_path']).is_file()
    assert words_of(sample) == [('LIVING', False), ('ROOM', False)]
    assert ring_of(sample) == [3, 25, 26, 25, 26, 32, 3, 32]
    assert ring_of(sample, 1) == [-2, 2, 15, 2, 15, 9, -2, 9]
    assert split.lexicons == {'14_03': ['LIVING', 'ROOM', 'KENNY', 'MARK']}


def test_svt_reads_the_published_zip(tmp_path):
    write_svt(tmp_path / 'source' / 'svt1', 'train', 'test')
    pack(tmp_path / 'source', tmp_path / 'root' / 'svt.zip')
    assert [split.name for split in read_svt(tmp_path / 'root')] == ['train', 'test']


def test_svt_reads_mmocrs_layout(tmp_path):
    write_photos(tmp_path / 'textdet_imgs' / 'img', '14_03.jpg')
    (tmp_path / 'annotations').mkdir()
    (tmp_path / 'annotations' / 'train.xml').write_text(XML)
    (split,) = read_svt(tmp_path)
    assert split.samples[0]['img_path'] == 'textdet_imgs/img/14_03.jpg'


def test_svt_reads_images_with_quads(tmp_path):
    icdar(tmp_path, **{'00_00': '1,2,30,2,30,12,1,12,INN\n'})
    (split,) = read_svt(tmp_path)
    assert split.name == ''
    assert words_of(split.samples[0]) == [('INN', False)]


def test_svt_names_missing_and_broken_files(tmp_path):
    with pytest.raises(MissingFiles, match=r'svt1/train\.xml'):
        read_svt(tmp_path)
    (write_svt(tmp_path, 'train') / 'img' / '14_03.jpg').unlink()
    with pytest.raises(MissingFiles, match=r'img/14_03\.jpg \(train\.xml, image 1\)'):
        read_svt(tmp_path)
    write_svt(tmp_path, 'train')
    for broken, message in [
        (XML.replace('x="3"', 'x="left"'), r'train\.xml, img/14_03\.jpg: expected a tagged'),
        (XML.replace('img/14_03.jpg', ''), 'image 1: expected an imageName'),
        (XML[:100], r'train\.xml: expected XML'),
    ]:
        (tmp_path / 'train.xml').write_text(broken)
        with pytest.raises(ValueError, match=message):
            read_svt(tmp_path)


@pytest.mark.skipif(not (REAL / 'gt').is_dir(), reason='needs Street View Text')
def test_svt_published_files_have_the_published_counts():
    (split,) = read_svt(REAL)
    assert (split.counts().photos, split.counts().words) == (100, 257)
