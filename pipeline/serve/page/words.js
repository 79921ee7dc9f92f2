/** Words of one answer: filtering, texts, outlines and the annotated picture. */

const SVG = 'http://www.w3.org/2000/svg';

export const points = (word) => word.polygon.map(([x, y]) => `${x},${y}`).join(' ');

export const startsBlock = (word, before) => !before || word.block !== before.block;

/** Lines of text, with a blank line between blocks. */
export const textOf = (words) => {
  const gap = (word, before) => {
    if (!before) return '';
    if (startsBlock(word, before)) return '\n\n';
    return word.line === before.line ? ' ' : '\n';
  };
  return words.map((word, i) => gap(word, words[i - 1]) + word.text).join('');
};

/** Whether browsers cannot show a file, so that the server sends its images. */
export const isUnshown = (file) =>
  /^(application\/pdf|image\/(tiff|hei[cf]))$/.test(file.type) || /\.(pdf|tiff?|hei[cf])$/i.test(file.name);

/** The record with the words that are shown, formatted as the server does. */
const recordOf = (record, words) => {
  const { words: _, seconds, image_data: __, ...head } = record;
  const lines = words.map((word) => JSON.stringify(word));
  const list = lines.length ? `[\n  ${lines.join(',\n  ')}\n]` : '[]';
  return `${JSON.stringify(head).slice(0, -1)}, "words": ${list}, "seconds": ${seconds}}`;
};

/** The file of one record, or of the list of several ones. */
export const jsonOf = (records, shownOf) => {
  const texts = records.map((record) => recordOf(record, shownOf(record)));
  return texts.length === 1 ? `${texts[0]}\n` : `[${texts.join(',\n')}]\n`;
};

export const makeOutline = (word) => {
  const group = document.createElementNS(SVG, 'g');
  group.setAttribute('class', 'word');
  for (const name of ['halo', 'line']) {
    const polygon = document.createElementNS(SVG, 'polygon');
    polygon.setAttribute('class', name);
    polygon.setAttribute('points', points(word));
    group.append(polygon);
  }
  return group;
};

/** Top middle and bottom of a word, as shares of the picture. */
export const anchor = (word, { width, height }) => {
  const xs = word.polygon.map(([x]) => x);
  const ys = word.polygon.map(([, y]) => y);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  return { x: middle / width, top: Math.min(...ys) / height, bottom: Math.max(...ys) / height };
};

/** A PNG of the photo with outlines and texts. */
export const annotate = (image, { width, height }, words) => {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, width, height);
  if (image.naturalWidth) pen.drawImage(image, 0, 0, width, height);
  const unit = Math.max(width, height) / 1000;
  const size = Math.max(12, 15 * unit);
  pen.lineJoin = 'round';
  pen.textBaseline = 'bottom';
  pen.font = `600 ${size}px system-ui, sans-serif`;
  for (const word of words) {
    const path = new Path2D(`M${word.polygon.map((point) => point.join(' ')).join('L')}Z`);
    for (const [colour, wide] of [['rgb(255 255 255 / 85%)', 4.5], ['#1478ff', 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = Math.max(wide, wide * unit);
      pen.stroke(path);
    }
  }
  for (const word of words) {
    const left = Math.min(...word.polygon.map(([x]) => x));
    const top = Math.min(...word.polygon.map(([, y]) => y));
    const wide = pen.measureText(word.text).width + size / 2;
    const x = Math.min(Math.max(left, 0), Math.max(width - wide, 0));
    const y = Math.max(top - 2 * unit, size * 1.25);
    pen.fillStyle = 'rgb(23 24 27 / 88%)';
    pen.fillRect(x, y - size * 1.25, wide, size * 1.25);
    pen.fillStyle = '#ffffff';
    pen.fillText(word.text, x + size / 4, y - size * 0.1);
  }
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
};

export const save = (content, name, type) => {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
