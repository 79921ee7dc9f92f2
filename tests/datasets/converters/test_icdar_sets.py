"""ICDAR 2013 and 2015, in the layouts of the Robust Reading Competition."""

from __future__ import annotations

from pathlib import Path

import pytest
from published_sets import icdar, pack, ring_of, words_of, write_photos, write_texts

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.icdar2013 import parse_icdar2013_line, read_icdar2013
from pipeline.datasets.converters.icdar2015 import parse_icdar2015_line, read_icdar2015

BOX = [[38, 43], [920, 43], [920, 215], [38, 215]]
REAL = Path(__file__).parents[3] / 'data'


@pytest.mark.parametrize(
    ('line', 'text'),
    [
        ('0,0,8,0,8,4,0,4,word', 'word'),
        ('0,0,8,0,8,4,0,4,1,234,5', '1,234,5'),  # commas of the transcript stay
        ('0,0,8,0,8,4,0,4,', ''),
        ('0,0,8,0,8,4,0,4, two words \r\n', ' two words '),
        ('0,0,8,0,8,4,0,4,"quoted"', '"quoted"'),  # no escapes in this set
    ],
)
def test_parse_icdar2015_line_returns_quad_and_text(line, text):
    quad, read = parse_icdar2015_line(line)
    assert quad.tolist() == [[0, 0], [8, 0], [8, 4], [0, 4]]
    assert read == text


@pytest.mark.parametrize(
    ('line', 'message'), [('1,2,3', '3 fields'), ('0,0,8,0,8,4,0,x,w', 'numeric')]
)
def test_parse_icdar2015_line_names_the_problem(line, message):
    with pytest.raises(ValueError, match=message):
        parse_icdar2015_line(line)


@pytest.mark.parametrize(
    ('line', 'text'),
    [
        ('38 43 920 215 "Tiredness"', 'Tiredness'),  # training
        ('38, 43, 920, 215, "Tiredness"', 'Tiredness'),  # test
        ('38, 43, 920, 215, "a, "b", c"', 'a, "b", c'),  # not every file escapes
        (r'38, 43, 920, 215, "say \"hi\" \\o"', r'say "hi" \o'),
        (r'38, 43, 920, 215, "\\"', '\\'),
        ('38, 43, 920, 215, "1, 2, 3, 4, 5"', '1, 2, 3, 4, 5'),
        ('38 43 920 215 ""', ''),
        ('38,43,920,43,920,215,38,215,Tiredness', 'Tiredness'),  # end-to-end, 2015 edition
        ('38,43,920,43,920,215,38,215,1,2', '1,2'),
        ('38,43,920,215,Tiredness', 'Tiredness'),
    ],
)
def test_parse_icdar2013_line_returns_box_and_text(line, text):
    quad, read = parse_icdar2013_line(line)
    assert quad.tolist() == BOX
    assert read == text


@pytest.mark.parametrize('line', ['38 43 920 "x"', '38, 43, x, 215, "x"', 'words', '1,2,3'])
def test_parse_icdar2013_line_names_the_expected_format(line):
    with pytest.raises(ValueError, match='expected left top right bottom'):
        parse_icdar2013_line(line)


def test_icdar2015_reads_sizes_words_and_ignore(tmp_path):
    root = icdar(
        tmp_path,
        img_1='\ufeff1,2,30,2,30,12,1,12,Café\r\n\r\n5,20,9,20,9,30,5,30,###\r\n',
        img_2='',
    )
    (split,) = read_icdar2015(root)
    first, second = split.samples
    assert split.name == ''
    assert (first['img_path'], first['width'], first['height']) == ('images/img_1.jpg', 64, 48)
    assert words_of(first) == [('Café', False), ('###', True)]
    assert ring_of(first) == [1, 2, 30, 2, 30, 12, 1, 12]
    assert first['instances'][0]['bbox'] == [1, 2, 30, 12]
    assert second['instances'] == []


@pytest.mark.parametrize('read', [read_icdar2013, read_icdar2015])
def test_icdar_sets_warn_of_coordinates_in_texts(read, tmp_path, caplog):
    root = icdar(
        tmp_path,
        img_1='1,2,30,2,30,12,1,12,word\n',
        img_2='1,2,9,2,30,2,30,12,9,12,1,12,WORD\n' * 2,
    )
    (split,) = read(root)
    assert words_of(split.samples[1]) == [('9,12,1,12,WORD', False)] * 2
    (record,) = caplog.records
    assert '2 of 3 texts begin with coordinates' in record.getMessage()
    assert "'9,12,1,12,WORD' in images/img_2.jpg" in record.getMessage()
    assert 'prepare-dataset totaltext' in record.getMessage()


@pytest.mark.parametrize('zipped', [False, True])
def test_icdar2015_reads_folders_and_zips_of_both_splits(zipped, tmp_path):
    source, root = tmp_path / 'source', tmp_path / 'root'
    folders = {
        'ch4_training_images': write_photos(source / 'a', 'img_1.jpg', 'img_10.jpg', 'img_2.jpg'),
        'ch4_training_localization_transcription_gt': write_texts(
            source / 'b', gt_img_1='', gt_img_2='\ufeff1,2,9,2,9,8,1,8,a\r\n', gt_img_10=''
        ),
        'ch4_test_images': write_photos(source / 'c', 'img_1.jpg'),
        'Challenge4_Test_Task4_GT': write_texts(source / 'd', gt_img_1='1,2,9,2,9,8,1,8,b'),
    }
    root.mkdir()
    for name, folder in folders.items():
        pack(folder, root / f'{name}.zip') if zipped else folder.rename(root / name)
    train, test = read_icdar2015(root)
    assert (train.name, test.name) == ('train', 'test')
    assert [Path(sample['img_path']).name for sample in train.samples] == [
        'img_1.jpg', 'img_2.jpg', 'img_10.jpg',
    ]  # fmt: skip
    assert train.samples[0]['img_path'] == 'ch4_training_images/img_1.jpg'
    assert words_of(train.samples[1]) == [('a', False)]
    assert words_of(test.samples[0]) == [('b', False)]


@pytest.mark.parametrize('read', [read_icdar2013, read_icdar2015])
def test_icdar2015_reads_mmocrs_layout(read, tmp_path):
    write_photos(tmp_path / 'textdet_imgs' / 'test', 'img_1.jpg')
    write_texts(tmp_path / 'annotations' / 'test', gt_img_1='1,2,9,2,9,8,1,8,a\n')
    (split,) = read(tmp_path)
    assert split.name == 'test'
    assert split.samples[0]['img_path'] == 'textdet_imgs/test/img_1.jpg'
    assert words_of(split.samples[0]) == [('a', False)]


def test_icdar2013_reads_both_notations(tmp_path):
    write_photos(tmp_path / 'Challenge2_Training_Task12_Images', '100.jpg', '99.jpg')
    write_texts(
        tmp_path / 'Challenge2_Training_Task1_GT',
        gt_99='',
        gt_100='5 6 20 16 "It\'s, \\"so\\""\r\n',
    )
    write_photos(tmp_path / 'Challenge2_Test_Task12_Images', 'img_1.jpg')
    write_texts(
        tmp_path / 'Challenge2_Test_Task1_GT', gt_img_1='\ufeff5, 6, 20, 16, "kills"\r\n\r\n'
    )
    train, test = read_icdar2013(tmp_path)
    assert [Path(sample['img_path']).name for sample in train.samples] == ['99.jpg', '100.jpg']
    assert words_of(train.samples[1]) == [('It\'s, "so"', False)]
    assert words_of(test.samples[0]) == [('kills', False)]
    assert ring_of(test.samples[0]) == [5, 6, 20, 6, 20, 16, 5, 16]


def test_icdar2013_end_to_end_edition_has_ignored_words(tmp_path):
    write_photos(tmp_path / 'ch2_training_images', 'img_100.jpg')
    write_texts(
        tmp_path / 'ch2_training_localization_transcription_gt',
        gt_img_100='5,6,20,6,20,16,5,16,###\r\n5,26,20,26,20,36,5,36,a,b\r\n',
    )
    (split,) = read_icdar2013(tmp_path)
    assert words_of(split.samples[0]) == [('###', True), ('a,b', False)]


def test_icdar2015_lists_all_missing_files(tmp_path):
    with pytest.raises(MissingFiles) as nothing:
        read_icdar2015(tmp_path)
    assert len(nothing.value.missing) == 3  # three ways to lay it out
    write_photos(tmp_path / 'ch4_training_images', 'img_1.jpg', 'img_2.jpg')
    write_texts(tmp_path / 'ch4_training_localization_transcription_gt', gt_img_2='', gt_img_3='')
    write_photos(tmp_path / 'ch4_test_images', 'img_1.jpg')
    with pytest.raises(MissingFiles) as error:
        read_icdar2015(tmp_path)
    wanted = ('gt_img_1.txt (words of img_1.jpg)', 'image of gt_img_3.txt', 'Challenge4_Test_Task1')
    assert len(error.value.missing) == 3
    for part in wanted:
        assert part in str(error.value)


@pytest.mark.parametrize('read', [read_icdar2013, read_icdar2015])
def test_icdar2015_names_a_malformed_line(read, tmp_path):
    root = icdar(tmp_path, img_1='1,2,30,2,30,12,1,12,ok\nbroken')
    with pytest.raises(ValueError, match=r'gt_img_1\.txt, line 2'):
        read(root)


@pytest.mark.skipif(not (REAL / 'icdar2015_dev' / 'gt').is_dir(), reason='needs ICDAR 2015')
def test_icdar2015_dev_has_known_counts():
    (split,) = read_icdar2015(REAL / 'icdar2015_dev')
    assert (split.counts().photos, split.counts().words, split.ignored_words()) == (100, 508, 774)
