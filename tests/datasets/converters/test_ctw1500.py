from __future__ import annotations

import pytest
from published_sets import pack, ring_of, words_of, write_photos, write_texts

from pipeline.datasets.converters.ctw1500 import parse_ctw1500_line, read_ctw1500
from pipeline.datasets.converters.files import MissingFiles

TOP = [(x, 5) for x in range(2, 58, 8)]
BOTTOM = [(x, 15) for x in range(50, -6, -8)]
RING = [value for point in TOP + BOTTOM for value in point]
SEGS = ','.join(str(value) for value in RING)
OFFSETS = [value - low for value, low in zip(RING, [2, 5] * 14, strict=True)]
XML = f"""<Annotations>
<image file="0001.jpg">
<box height="10" left="2" top="5" width="48">
<label>O'LATHE &amp; Co, Ltd</label>
<segs>{SEGS}</segs>
<pts x="3" y="9" /><pts x="8" y="9" />
</box>
<box height="10" left="2" top="5" width="48"><label>###</label><segs>{SEGS}</segs></box>
<box height="10" left="2" top="5" width="48"><label/><segs>{SEGS}</segs></box>
</image>
</Annotations>
"""


def test_ctw1500_reads_xml_and_text_files(tmp_path):
    write_photos(tmp_path / 'train_images', '0001.jpg')
    (tmp_path / 'ctw1500_train_labels').mkdir()
    (tmp_path / 'ctw1500_train_labels' / '0001.xml').write_text(XML)
    write_photos(tmp_path / 'test_images', '1001.jpg')
    write_texts(
        tmp_path / 'gt_ctw1500',
        **{'0001001': f'\ufeff{SEGS},####NO. 5, "MAIN" ST\r\n{SEGS},#######\r\n'},
    )
    train, test = read_ctw1500(tmp_path)
    assert words_of(train.samples[0]) == [
        ("O'LATHE & Co, Ltd", False), ('###', True), ('', True),
    ]  # fmt: skip
    assert words_of(test.samples[0]) == [('NO. 5, "MAIN" ST', False), ('###', True)]
    assert ring_of(train.samples[0]) == ring_of(test.samples[0]) == RING
    assert train.has_text and test.has_text


def test_ctw1500_first_edition_is_for_detection(tmp_path):
    line = ','.join(str(value) for value in [2, 5, 50, 15, *OFFSETS])
    write_photos(tmp_path / 'train' / 'text_image', '0001.jpg')
    write_texts(tmp_path / 'train' / 'text_label_curve', **{'0001': f'{line}\n'})
    (train,) = read_ctw1500(tmp_path)
    assert ring_of(train.samples[0]) == RING
    assert not train.has_text


def test_ctw1500_reads_zips_with_a_folder_inside(tmp_path):
    source = tmp_path / 'source'
    write_photos(source / 'photos' / 'test_images', '1001.jpg')
    write_texts(source / 'words', **{'0001001': f'{SEGS},####a'})
    pack(source / 'photos', tmp_path / 'root' / 'test_images.zip')
    pack(source / 'words', tmp_path / 'root' / 'gt_ctw1500.zip')
    (test,) = read_ctw1500(tmp_path / 'root')
    assert words_of(test.samples[0]) == [('a', False)]


@pytest.mark.parametrize(
    'line', ['1,2,3,4', f'{SEGS}', '1,2,3,4,5,####odd', 'a,b,c,d,e,f,####x', '1,2,3,4,####two']
)
def test_parse_ctw1500_line_names_the_expected_format(line):
    with pytest.raises(ValueError, match='expected x1,y1'):
        parse_ctw1500_line(line)


def test_ctw1500_names_missing_and_broken_files(tmp_path):
    with pytest.raises(MissingFiles, match='ctw1500_train_labels'):
        read_ctw1500(tmp_path)
    write_photos(tmp_path / 'train_images', '0001.jpg', '0002.jpg')
    labels = tmp_path / 'ctw1500_train_labels'
    labels.mkdir()
    (labels / '0001.xml').write_text('<Annotations><image>')
    with pytest.raises(MissingFiles, match=r'2\.xml \(words of 0002\.jpg\)'):
        read_ctw1500(tmp_path)
    (labels / '0002.xml').write_text(XML.replace(SEGS, '1,2,3', 1))
    with pytest.raises(ValueError, match=r'0001\.xml: expected XML'):
        read_ctw1500(tmp_path)
    (labels / '0001.xml').write_text(XML)
    with pytest.raises(ValueError, match=r'0002\.xml, box 1: expected <segs>'):
        read_ctw1500(tmp_path)
