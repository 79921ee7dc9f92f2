import { anchor, annotate, isUnshown, jsonOf, makeOutline, save, startsBlock, textOf } from './words.js';

const $ = (id) => document.getElementById(id);
const main = $('main');
const image = $('photo');
const stage = $('stage');

let info = { min_score: 0.4, context: false, max_body: Infinity, key_required: false };
let file = null; // the photo
let password = ''; // of a PDF
let records = []; // the answer of the server, one record per page
let page = 0; // index of the page that is shown
let record = null; // that of the page
let readAt = 0; // least score of the answer
let shown = []; // {word, row, outline} of the words above the least score
let running = null; // AbortController of the request
let statusTimer = 0;

const say = (text) => {
  $('status').textContent = text;
  $('status').classList.add('shown');
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => $('status').classList.remove('shown'), 2500);
};

const showError = (text, canRetry = true) => {
  $('alert-text').textContent = text;
  $('retry').hidden = !canRetry || !file;
  $('alert').hidden = false;
};

const score = () => Number($('score').value);
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

// Choosing a photo.

const take = (files, opened = '') => {
  const isReadable = ({ type }) => type.startsWith('image/') || type === 'application/pdf' || !type;
  const photos = [...files].filter(isReadable);
  if (!photos.length) {
    showError('Wanted a photo, got another kind of file. Choose a JPEG, PNG or PDF file, for example.', false);
    return;
  }
  if (photos.length > 1) say(`${photos.length} photos: the first one is read.`);
  [file] = photos;
  password = opened;
  $('password-form').hidden = true;
  [records, page, record] = [[], 0, null];
  $('score').value = info.min_score;
  URL.revokeObjectURL(image.src);
  image.classList.toggle('unshown', isUnshown(file));
  if (isUnshown(file)) image.removeAttribute('src');
  else image.src = URL.createObjectURL(file);
  $('result').hidden = false;
  read();
};

image.addEventListener('load', () => {
  image.classList.remove('unshown');
  setRatio(image.naturalWidth, image.naturalHeight);
});
image.addEventListener('error', () => {
  if (!file) return;
  image.classList.add('unshown');
});
const setRatio = (width, height) => stage.style.setProperty('--ratio', width / height);

const choose = () => $('file').click();
$('choose').addEventListener('click', choose);
$('again').addEventListener('click', choose);
$('take').addEventListener('click', () => $('camera').click());
for (const input of [$('file'), $('camera')]) {
  input.addEventListener('change', () => {
    if (input.files.length) take(input.files);
    input.value = '';
  });
}
let depth = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
addEventListener('dragenter', (event) => {
  if (hasFiles(event)) document.body.classList.toggle('dragging', ++depth > 0);
});
addEventListener('dragleave', (event) => {
  if (hasFiles(event)) document.body.classList.toggle('dragging', --depth > 0);
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  depth = 0;
  document.body.classList.remove('dragging');
  if (event.dataTransfer.files.length) take(event.dataTransfer.files);
});
addEventListener('paste', (event) => {
  if (event.clipboardData.files.length) take(event.clipboardData.files);
});

// Reading it.

const read = async () => {
  running?.abort();
  $('alert').hidden = true;
  if (file.size > info.max_body) {
    stop();
    showError(`The photo has ${(file.size / 1e6).toFixed(1)} MB. This server reads up to ${info.max_body / 1e6} MB. Make it smaller.`, false);
    return;
  }
  const control = (running = new AbortController());
  const form = new FormData();
  form.append('image', file, file.name || 'photo');
  if (score() !== info.min_score) form.append('min_score', score());
  if (info.context) form.append('context', $('context').checked ? 'on' : 'off');
  if (isUnshown(file)) form.append('images', 'on');
  if (password) form.append('password', password);
  const key = sessionStorage.getItem('key');
  main.dataset.state = 'reading';
  show();
  say('Reading the photo…');
  try {
    const answer = await fetch('/v1/spot', {
      method: 'POST',
      body: form,
      headers: { Accept: 'application/json', ...(key && { 'X-API-Key': key }) },
      signal: control.signal,
    });
    const content = await answer.json();
    if (control.signal.aborted) return;
    if (!answer.ok) {
      refuse(answer.status, content.error);
      return;
    }
    records = [content].flat();
    readAt = score();
    main.dataset.state = 'done';
    turnTo(Math.min(page, records.length - 1));
    const warning = answer.headers.get('X-Image-Warning');
    if (warning) showError(sentence(decodeURIComponent(warning)), false);
    const hint = !record.image_data && image.classList.contains('unshown') ? ' This browser cannot show the photo.' : '';
    const seconds = records.reduce((sum, each) => sum + each.seconds, 0).toFixed(1);
    const pages = records.length > 1 ? ` on ${records.length} pages` : '';
    say(`${plural(records.flatMap(shownOf).length, 'word')}${pages} in ${seconds} s.${hint}`);
  } catch (error) {
    if (error.name === 'AbortError') return;
    stop();
    showError('The server does not answer. Check that it runs, then try again.');
  }
};

const stop = () => {
  main.dataset.state = file ? 'done' : 'empty';
  $('result').hidden = !file;
  $('status').classList.remove('shown');
  show();
};
const refuse = (status, text) => {
  const message = sentence(text);
  const canRetry = ![413, 415, 422].includes(status);
  const asked = file;
  if (!canRetry && image.classList.contains('unshown')) file = null; // Nothing can be shown.
  stop();
  if (status === 401) askKey();
  showError(message, canRetry);
  if (status === 422 && /password/.test(text)) askPassword(asked);
};
const sentence = (text) =>
  file && text.startsWith(file.name) ? text : text.charAt(0).toUpperCase() + text.slice(1);
$('retry').addEventListener('click', read);

const askKey = () => {
  $('key-form').hidden = false;
  $('key').focus();
};
$('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('key', $('key').value.trim());
  $('key-form').hidden = true;
  if (file) read();
});

const askPassword = (asked) => {
  $('password-form').hidden = false;
  $('password').value = '';
  $('password').focus();
  $('password-form').onsubmit = (event) => {
    event.preventDefault();
    $('password-form').hidden = true;
    take([asked], $('password').value);
  };
};

// Showing it.

const shownOf = (each) => (each?.words ?? []).filter((word) => word.score >= score());

const turnTo = (index) => {
  page = index;
  record = records[page];
  if (record.image_data) image.src = record.image_data;
  setRatio(record.width, record.height);
  show();
};
$('page-before').addEventListener('click', () => turnTo(page - 1));
$('page-after').addEventListener('click', () => turnTo(page + 1));

const showPages = () => {
  $('pages').hidden = records.length < 2;
  $('page-number').textContent = `Page ${page + 1} of ${records.length}`;
  $('page-before').disabled = page === 0;
  $('page-after').disabled = page >= records.length - 1;
};

const show = () => {
  const words = shownOf(record);
  showPages();
  $('outlines').replaceChildren();
  $('words').replaceChildren();
  $('tip').hidden = true;
  if (record) $('outlines').setAttribute('viewBox', `0 0 ${record.width} ${record.height}`);
  shown = words.map((word, i) => {
    const outline = makeOutline(word);
    const item = document.createElement('li');
    const row = document.createElement('button');
    const [text, value] = [document.createElement('span'), document.createElement('small')];
    text.textContent = word.text;
    value.textContent = word.score.toFixed(2);
    row.type = 'button';
    row.tabIndex = i ? -1 : 0; // One tab stop; the arrow keys move inside the list.
    row.setAttribute('aria-label', `${word.text}, score ${word.score.toFixed(2)}`);
    row.append(text, value);
    item.classList.toggle('new-block', startsBlock(word, words[i - 1]));
    item.append(row);
    $('words').append(item);
    $('outlines').append(outline);
    const entry = { word, row, outline };
    for (const element of [row, outline]) {
      element.addEventListener('pointerenter', () => activate(entry, element === outline));
      element.addEventListener('pointerleave', () => activate(null));
      element.addEventListener('click', () => copy(word.text));
    }
    row.addEventListener('focus', () => activate(entry));
    row.addEventListener('blur', () => activate(null));
    return entry;
  });
  $('count').textContent = record ? shown.length : '';
  $('none').hidden = shown.length > 0;
  $('none').textContent = emptyText();
  $('score-value').textContent = score().toFixed(2);
  $('copy-all').disabled = !shown.length;
  for (const button of document.querySelectorAll('[data-download]')) button.disabled = !record;
  const size = record ? `${record.width} × ${record.height}` : '';
  $('caption').textContent = [file?.name, size].filter(Boolean).join(' · ');
  image.alt = record ? `The photo, with ${plural(shown.length, 'word')}` : 'The photo';
};

const emptyText = () => {
  if (main.dataset.state === 'reading') return 'Reading the photo…';
  if (!record) return 'The photo was not read.';
  return record.words.length
    ? 'No word has this score. Lower the least score.'
    : 'No words were found. A lower least score may find some.';
};

const activate = (entry, scroll = false) => {
  for (const { row, outline } of shown) {
    row.classList.remove('active');
    outline.classList.remove('active');
  }
  $('tip').hidden = !entry;
  if (!entry) return;
  entry.row.classList.add('active');
  entry.outline.classList.add('active');
  if (scroll) entry.row.scrollIntoView({ block: 'nearest' });
  const small = document.createElement('small');
  small.textContent = entry.word.score.toFixed(2);
  $('tip').replaceChildren(entry.word.text, small);
  const { x, top, bottom } = anchor(entry.word, record);
  const below = top * stage.clientHeight < 44;
  $('tip').classList.toggle('below', below);
  const half = $('tip').offsetWidth / 2;
  const left = Math.min(Math.max(x * stage.clientWidth, half), stage.clientWidth - half);
  $('tip').style.left = `${left}px`;
  $('tip').style.top = `${(below ? bottom : top) * 100}%`;
};

addEventListener('resize', () => activate(null));

$('words').addEventListener('keydown', (event) => {
  const at = shown.findIndex(({ row }) => row === document.activeElement);
  const last = shown.length - 1;
  const next = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  shown[at].row.tabIndex = -1;
  shown[next].row.tabIndex = 0;
  shown[next].row.focus();
});

// Using it.

const copy = async (text, name = `“${text}”`) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // Pages that are not from this machine need https for the clipboard.
    const focused = document.activeElement;
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    focused?.focus();
  }
  say(`Copied ${name}`);
};
$('copy-all').addEventListener('click', () => {
  copy(textOf(shown.map(({ word }) => word)), plural(shown.length, 'word'));
});

$('score').addEventListener('input', show);
$('score').addEventListener('change', () => {
  if (record && score() < readAt) read();
  else if (record) say(plural(shown.length, 'word'));
});
$('context').addEventListener('change', () => file && read());

for (const button of document.querySelectorAll('[data-download]')) {
  button.addEventListener('click', async () => {
    const stem = (file.name || 'photo').replace(/\.[^.]*$/, '');
    const number = records.length > 1 ? `-p${String(page + 1).padStart(3, '0')}` : '';
    const kind = button.dataset.download;
    if (kind === 'image') save(await annotate(image, record, shownOf(record)), `${stem}${number}-words.png`);
    if (kind === 'text') save(records.map((each) => `${textOf(shownOf(each))}\n`).join('\n'), `${stem}.txt`, 'text/plain');
    if (kind === 'json') save(jsonOf(records, shownOf), `${stem}.json`, 'application/json');
  });
}

// Settings of the server.

const start = async () => {
  try {
    info = await (await fetch('/v1/info')).json();
  } catch {
    showError('The server does not answer. Load the page again.', false);
  }
  $('score').value = info.min_score;
  $('score-value').textContent = score().toFixed(2);
  $('context-setting').hidden = !info.context;
  $('context').checked = Boolean(info.context_on);
  $('gate').textContent = info.gate == null ? '' : `gate ${info.gate.toFixed(2)}`;
  if (info.key_required && !sessionStorage.getItem('key')) askKey();
};
start();
