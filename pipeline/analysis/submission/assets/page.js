'use strict';
(() => {
  const form = document.getElementById('controls');
  const list = document.getElementById('photos');
  const lower = (text) => text.toLocaleLowerCase();

  const panels = [...list.querySelectorAll('.photo-panel')].map((panel) => {
    const rows = [...panel.querySelectorAll('tr[data-word]')];
    return {
      panel,
      name: lower(panel.dataset.name),
      place: Number(panel.dataset.place),
      errors: Number(panel.dataset.errors),
      hmean: Number(panel.dataset.hmean),
      words: rows.map((row) => ({
        row,
        outline: panel.querySelector(`.word[data-word="${row.dataset.word}"]`),
        kind: row.dataset.kind,
        texts: [...row.querySelectorAll('.word-text')].map((cell) => lower(cell.textContent)),
      })),
    };
  });

  const orders = {
    errors: (a, b) => b.errors - a.errors || a.place - b.place,
    hmean: (a, b) => a.hmean - b.hmean || a.place - b.place,
    name: (a, b) => a.place - b.place,
  };

  const sort = () => {
    panels.sort(orders[form.elements.sort.value]);
    list.append(...panels.map((entry) => entry.panel));
  };

  const filter = () => {
    const boxes = [...form.querySelectorAll('input[name="kind"]')];
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const counted = boxes.map((box) => box.value).filter((kind) => kind !== 'dont_care');
    const all = counted.every((kind) => kinds.has(kind));
    const query = lower(form.elements.query.value.trim());
    let photosShown = 0;
    let wordsShown = 0;
    let wordsFound = 0;
    for (const entry of panels) {
      let left = 0;
      let found = 0;
      for (const word of entry.words) {
        const shown = kinds.has(word.kind);
        const hit = shown && query !== '' && word.texts.some((text) => text.includes(query));
        word.row.hidden = !shown;
        word.outline.style.display = shown ? '' : 'none';
        word.row.classList.toggle('found', hit);
        left += shown && word.kind !== 'dont_care';
        found += hit;
      }
      // A photo without any word that counts is told from the others by no kind.
      const wanted = left > 0 || all;
      entry.panel.hidden = !wanted || !(query === '' || entry.name.includes(query) || found > 0);
      if (!entry.panel.hidden) {
        photosShown += 1;
        wordsShown += left;
        wordsFound += found;
      }
    }
    const words = query === '' ? `words shown: ${wordsShown}` : `words found: ${wordsFound}`;
    form.elements.count.value = `images shown: ${photosShown} of ${panels.length}, ${words}`;
  };

  const number = () => list.classList.toggle('no-numbers', !form.elements.numbers.checked);
  const update = { sort, numbers: number, kind: filter, query: filter };

  const point = (event, on) => {
    const part = event.target.closest('[data-word]');
    const panel = part && part.closest('.photo-panel');
    if (!panel) return;
    for (const same of panel.querySelectorAll(`[data-word="${part.dataset.word}"]`)) {
      same.classList.toggle('named', on);
    }
  };

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', (event) => update[event.target.name]());
  list.addEventListener('mouseover', (event) => point(event, true));
  list.addEventListener('mouseout', (event) => point(event, false));
  form.hidden = false;
  // Browsers keep what was chosen when a page is loaded again.
  sort();
  number();
  filter();
})();
