
'use strict';
(() => {
  // The timeline of a report: one policy at a time, zoom, stories, legend, steps. All words are those of the page.
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = one('#timeline');
  if (!root) return;
  const svg = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const controls = one('.controls', root), story = one('.story', root), axis = one('.panels', root);
  const panels = all('.panel', root), names = panels.map(panel => one('.name', panel).textContent);
  const rowsOf = panel => all('.requests tr', panel);
  const barsOf = row => all('.lane rect', row);
  const percent = (bar, name) => parseFloat(bar.getAttribute(name));
  controls.hidden = false;

  // Policies: one at a time, with what was there before as an outline.
  let shown = 'all';
  const buttons = names.map((name, place) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => show(place));
    return button;
  });
  const together = one('[data-show=all]', controls);
  together.before(...buttons);
  together.addEventListener('click', () => show('all'));

  function show(next) {
    const before = shown;
    shown = next;
    panels.forEach((panel, place) => { panel.hidden = next !== 'all' && place !== next; });
    buttons.forEach((button, place) => button.setAttribute('aria-pressed', place === next));
    together.setAttribute('aria-pressed', next === 'all');
    all('.ghost, .was', root).forEach(trace => trace.remove());
    if (before !== 'all' && next !== 'all' && before !== next) compare(before, next);
    if (next !== 'all') visit(bars(panels[next])[0]);
    view();
  }

  function compare(before, after) {
    const old = new Map(rowsOf(panels[before]).map(row => [row.dataset.request, row]));
    for (const row of rowsOf(panels[after])) {
      const was = old.get(row.dataset.request);
      if (!was) continue;
      const { from, to } = was.dataset;
      one('.zoom', row).append(svg('rect', { class: 'ghost', x: from + '%', width: to - from + '%', y: '10%', height: '85%' }));
      const note = document.createElement('span');
      note.className = 'was';
      note.textContent = names[before] + ': ' + one('.end', was).firstChild.textContent.trim();
      one('.end', row).append(note);
      if (!calm.matches) move(was, row);
    }
  }

  // Each bar comes from where its like was: the first wait in the backlog from the first one, and so on.
  function move(was, row) {
    const places = new Map();
    for (const bar of barsOf(was)) {
      const kind = bar.classList[0];
      places.set(kind, [...(places.get(kind) || []), bar]);
    }
    for (const bar of barsOf(row).filter(bar => !bar.classList.contains('ghost'))) {
      const from = (places.get(bar.classList[0]) || []).shift();
      const place = bar => ({ x: bar.getAttribute('x'), width: bar.getAttribute('width') });
      const start = from ? place(from) : { x: bar.getAttribute('x'), width: '0%' };
      bar.animate([start, place(bar)], { duration: 500, easing: 'ease-in-out' });
    }
  }

  // Zoom: the lanes are as wide as the share of the time that is shown asks for.
  const start = parseFloat(axis.dataset.start), end = parseFloat(axis.dataset.end);
  let range = [0, 100];

  function view() {
    const [from, to] = range, stretch = 100 / (to - from);
    for (const lane of all('.lane > .zoom', root)) {
      lane.setAttribute('x', -from * stretch + '%');
      lane.setAttribute('width', 100 * stretch + '%');
    }
    const visible = panels.find(panel => !panel.hidden);
    const width = visible ? one('.axis', visible).getBoundingClientRect().width : 0;
    const ticks = ticksOf(from, to, Math.max(2, Math.floor(width / 70)));
    one('#grid .ticks').replaceChildren(...ticks.map(tick =>
      svg('line', { x1: tick.at + '%', x2: tick.at + '%', y2: '100%' })));
    for (const labels of all('.axis', root)) {
      labels.replaceChildren(...ticks.map(tick => {
        const x = (tick.at - from) * stretch;
        const text = svg('text', { x: x + '%', y: 13, class: x < 3 ? 'first' : x > 97 ? 'last' : '' });
        text.textContent = tick.label;
        return text;
      }));
    }
  }

  function ticksOf(from, to, most) {
    const position = share => start + (end - start) * share / 100;
    const [first, last] = [position(from), position(to)];
    const least = (last - first) / most, power = 10 ** Math.floor(Math.log10(least));
    const step = power * [1, 2, 5, 10].find(factor => factor * power >= least * 0.999999);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const ticks = [];
    for (let number = Math.ceil(first / step - 1e-9); number * step <= last + 1e-9 * step; number++) {
      const label = (number * step + 0).toLocaleString('en-US', { maximumFractionDigits: decimals });
      ticks.push({ at: 100 * (number * step - start) / (end - start), label });
    }
    return ticks;
  }

  function zoomTo(from, to) {
    const least = 0.001, width = Math.min(100, Math.max(least, to - from));
    const left = Math.min(Math.max(0, from), 100 - width);
    range = [left, left + width];
    view();
  }

  function zoomBy(factor, middle = (range[0] + range[1]) / 2) {
    zoomTo(middle - (middle - range[0]) * factor, middle + (range[1] - middle) * factor);
  }

  const whole = () => zoomTo(0, 100);
  const zooms = { in: () => zoomBy(0.5), out: () => zoomBy(2), reset: whole };
  for (const button of all('[data-zoom]', controls)) button.addEventListener('click', zooms[button.dataset.zoom]);
  addEventListener('resize', view);
  addEventListener('beforeprint', whole);

  const shareAt = (lane, x) => {
    const { left, width } = lane.getBoundingClientRect();
    return range[0] + (range[1] - range[0]) * Math.min(1, Math.max(0, (x - left) / width));
  };
  axis.addEventListener('wheel', event => {
    const lane = event.target.closest('.lane');
    if (!lane || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 0.8 : 1.25, shareAt(lane, event.clientX));
  }, { passive: false });

  const over = one('#over');
  let drag;
  axis.addEventListener('pointerdown', event => {
    const lane = event.target.closest('.lane');
    if (lane && event.button === 0) drag = { lane, from: shareAt(lane, event.clientX) };
  });
  addEventListener('pointermove', event => {
    if (!drag) return;
    drag.to = shareAt(drag.lane, event.clientX);
    drag.brush = drag.brush || over.appendChild(svg('rect', { class: 'brush', height: '100%' }));
    drag.brush.setAttribute('x', Math.min(drag.from, drag.to) + '%');
    drag.brush.setAttribute('width', Math.abs(drag.to - drag.from) + '%');
  });
  for (const name of ['pointerup', 'pointercancel']) {
    addEventListener(name, event => {
      if (!drag) return;
      const { from, to, brush } = drag;
      drag = undefined;
      if (brush) brush.remove();
      if (name === 'pointercancel' || to === undefined) return;
      const ends = [Math.min(from, to), Math.max(from, to)];
      if (ends[1] - ends[0] > (range[1] - range[0]) / 100) zoomTo(...ends);
    });
  }

  // Stories: what the bar under the pointer, or with the focus, is.
  const tell = bar => {
    const title = bar && one('title', bar);
    if (title) story.textContent = title.textContent;
  };
  axis.addEventListener('pointerover', event => tell(event.target.closest('.lane rect, .lane path')));
  axis.addEventListener('focusin', event => tell(event.target.closest('.lane rect')));

  const bars = panel => barsOf(panel).filter(bar => one('title', bar));
  const visit = bar => {
    if (!bar) return;
    all('.lane rect[tabindex="0"]', bar.closest('.panel')).forEach(other => other.setAttribute('tabindex', -1));
    bar.setAttribute('tabindex', 0);
    bar.setAttribute('role', 'img');
  };
  panels.forEach(panel => visit(bars(panel)[0]));

  function neighbour(bar, key) {
    const row = bar.closest('tr'), inRow = bars(row), place = inRow.indexOf(bar);
    if (key === 'ArrowRight') return inRow[place + 1];
    if (key === 'ArrowLeft') return inRow[place - 1];
    if (key === 'Home') return inRow[0];
    if (key === 'End') return inRow[inRow.length - 1];
    const lanes = all('tbody tr', bar.closest('.panel')).filter(lane => bars(lane).length);
    const next = lanes[lanes.indexOf(row) + (key === 'ArrowDown' ? 1 : -1)];
    if (!next) return undefined;
    const middle = other => percent(other, 'x') + percent(other, 'width') / 2, at = middle(bar);
    return bars(next).reduce((best, other) => Math.abs(middle(other) - at) < Math.abs(middle(best) - at) ? other : best);
  }

  axis.addEventListener('keydown', event => {
    const bar = event.target.closest('.lane rect');
    if (!bar || stepping) return;
    const zoom = { '+': zooms.in, '=': zooms.in, '-': zooms.out, '0': whole }[event.key];
    const moves = ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key);
    if (!zoom && !moves) return;
    event.preventDefault();
    if (zoom) return zoom();
    const next = neighbour(bar, event.key);
    if (next) {
      visit(next);
      next.focus();
    }
  });

  one('[data-slowest]', controls).addEventListener('click', () => {
    const panel = panels.find(panel => !panel.hidden);
    const rows = rowsOf(panel).filter(row => row.dataset.time);
    if (!rows.length) return;
    const slowest = rows.reduce((worst, row) => +row.dataset.time > +worst.dataset.time ? row : worst);
    all('.found', root).forEach(row => row.classList.remove('found'));
    slowest.classList.add('found');
    const { from, to } = slowest.dataset, margin = (to - from) * 0.05;
    zoomTo(Math.max(0, from - margin), Math.min(100, +to + margin));
    slowest.scrollIntoView({ block: 'nearest' });
    const longest = bars(slowest).filter(bar => !bar.classList.contains('alone'))
      .reduce((most, bar) => percent(bar, 'width') > percent(most, 'width') ? bar : most);
    visit(longest);
    longest.focus({ preventScroll: true });
  });

  // Legend: what is pressed stays, the rest is dimmed.
  const kept = new Set();
  for (const entry of all('.legend [data-look]', root)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...entry.childNodes);
    button.setAttribute('aria-pressed', false);
    entry.append(button);
    button.addEventListener('click', () => {
      const { look } = entry.dataset;
      if (!kept.delete(look)) kept.add(look);
      button.setAttribute('aria-pressed', kept.has(look));
      axis.classList.toggle('dimming', kept.size > 0);
      for (const bar of all('.lane rect', axis)) bar.classList.toggle('lit', kept.has(bar.classList[0]));
    });
  }

  // Step by step: the rows of the table of events, one after another.
  const steps = one('.steps', root), events = all('.events tbody tr', root);
  let stepping = false, current = 0, timer;
  if (steps && events.length) teach();

  function teach() {
    const begin = one('[data-step=begin]', steps), play = one('[data-step=play]', steps);
    const speed = one('select', steps), now = one('.now', steps);
    const heads = all('.events thead th', root).slice(1).map(head => head.textContent);
    const cursor = svg('line', { class: 'cursor', y2: '100%' });
    const words = { play: play.textContent, pause: play.dataset.pause };
    steps.hidden = false;

    const go = place => {
      current = Math.min(Math.max(0, place), events.length - 1);
      const row = events[current], at = parseFloat(row.dataset.at), cells = all('td', row);
      cursor.setAttribute('x1', at + '%');
      cursor.setAttribute('x2', at + '%');
      if (at < range[0] || at > range[1]) zoomTo(at - (range[1] - range[0]) / 2, at + (range[1] - range[0]) / 2);
      const time = document.createElement('dt');
      time.textContent = one('th', row).textContent;
      time.className = 'time';
      now.replaceChildren(time, document.createElement('dd'), ...cells.flatMap((cell, column) => {
        const [name, sentence] = [document.createElement('dt'), document.createElement('dd')];
        name.textContent = heads[column];
        sentence.textContent = cell.textContent;
        return [name, sentence];
      }));
      events.forEach((other, number) => other.classList.toggle('current', number === current));
      for (const bar of all('.requests .lane rect:not(.alone)', root)) {
        const x = percent(bar, 'x');
        bar.classList.toggle('told', x <= at + 1e-3 && at + 1e-3 < x + percent(bar, 'width'));
      }
      if (current === events.length - 1) pause();
    };
    const pause = () => {
      clearInterval(timer);
      timer = undefined;
      play.textContent = words.play;
    };
    const run = () => {
      pause();
      if (current === events.length - 1) go(0);
      play.textContent = words.pause;
      timer = setInterval(() => go(current + 1), +speed.value);
    };
    const toggle = () => timer === undefined ? run() : pause();
    const step = by => { pause(); go(current + by); };
    const set = on => {
      stepping = on;
      pause();
      begin.setAttribute('aria-pressed', on);
      one('.stepping', steps).hidden = now.hidden = !on;
      if (on) {
        show('all');
        over.append(cursor);
        go(0);
      } else {
        cursor.remove();
        all('.told', root).forEach(bar => bar.classList.remove('told'));
        events.forEach(row => row.classList.remove('current'));
      }
    };
    begin.addEventListener('click', () => set(!stepping));
    play.addEventListener('click', toggle);
    one('[data-step=back]', steps).addEventListener('click', () => step(-1));
    one('[data-step=on]', steps).addEventListener('click', () => step(1));
    speed.addEventListener('change', () => { if (timer !== undefined) run(); });
    addEventListener('keydown', event => {
      if (!stepping || event.altKey || event.ctrlKey || event.metaKey || event.target === speed) return;
      const act = {
        ' ': toggle, ArrowRight: () => step(1), ArrowLeft: () => step(-1),
        Home: () => step(-events.length), End: () => step(events.length), Escape: () => set(false),
      }[event.key];
      const presses = event.key === ' ' && event.target.closest('button, summary') && event.target !== begin;
      if (!act || presses) return;
      event.preventDefault();
      act();
    });
  }

  show(panels.length > 1 ? 0 : 'all');
})();
