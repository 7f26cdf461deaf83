// The page of `waitline report` in a real browser.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { browser, open, project, report, shot } from './pages.mjs';

after(() => browser.close());

const lecture = report('lecture');
const story = page => page.locator('.story').textContent();
const range = page => page.locator('.panel:not([hidden]) .lane > .zoom').first().evaluate(zoom => zoom.getAttribute('width') ?? '100%');
const focused = page => page.evaluate(() => document.activeElement.querySelector('title')?.textContent ?? '');

test('a button for each policy shows its lanes, and what moved', async () => {
  const { page, done } = await open(lecture);
  const buttons = page.locator('.policies button');
  assert.deepEqual(await buttons.allTextContents(), ['sync', 'threaded', 'async', 'all below each other']);
  const visible = () => page.locator('.panel:visible h3 .name').allTextContents();
  assert.deepEqual(await visible(), ['sync']);
  await buttons.nth(2).click();
  assert.deepEqual(await visible(), ['async']);
  assert.equal(await buttons.nth(2).getAttribute('aria-pressed'), 'true');
  assert.equal(await page.locator('.panel:visible .ghost').count(), 3, 'outlines of where the requests were');
  assert.match(await page.locator('.panel:visible [data-request="3"] .was').textContent(), /^sync: 475 ms/);
  await shot(page, 'policy-async');
  await buttons.nth(3).click();
  assert.deepEqual(await visible(), ['sync', 'threaded', 'async']);
  assert.equal(await page.locator('.ghost').count(), 0);
  await done();
});

test('bars move to where the next policy puts them', async () => {
  const { page, done } = await open(lecture, { reducedMotion: 'no-preference' });
  await page.locator('.policies button').nth(2).click();
  const moving = await page.evaluate(() => document.getAnimations().length);
  assert.ok(moving > 10, `${moving} animations`);
  await done();
});

test('a bar tells its story under the pointer', async () => {
  const { page, done } = await open(lecture);
  await page.locator('.panel:visible [data-request="3"] rect.backlog_wait').hover();
  assert.equal(await story(page), 'request 3 (short): waiting in the backlog, 30–400 ms, 370 ms');
  await page.locator('.panel:visible .runners rect.running').first().hover();
  assert.match(await story(page), /^worker 1 runs request 1/);
  await done();
});

test('the time axis zooms by buttons, by dragging and with the wheel, and back', async () => {
  const { page, done } = await open(lecture);
  await page.locator('[data-zoom=in]').click();
  assert.equal(await range(page), '200%');
  await page.locator('[data-zoom=reset]').click();
  assert.equal(await range(page), '100%');
  const lane = await page.locator('.panel:visible .requests .lane').first().boundingBox();
  const middle = lane.y + lane.height / 2;
  await page.mouse.move(lane.x + lane.width * 0.2, middle);
  await page.mouse.down();
  await page.mouse.move(lane.x + lane.width * 0.4, middle, { steps: 4 });
  assert.ok(await page.locator('#over .brush').count() === 1);
  await page.mouse.up();
  const dragged = parseFloat(await range(page));
  assert.ok(Math.abs(dragged - 500) < 5, `${dragged} %`);
  const ticks = await page.locator('.panel:visible .axis text').allTextContents();
  assert.ok(ticks.length >= 4 && ticks.every(tick => +tick >= 95 && +tick <= 205), ticks.join(' '));
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await page.waitForFunction(() => parseFloat(document.querySelector('.panel:not([hidden]) .lane > .zoom').getAttribute('width')) > 600);
  await page.locator('[data-zoom=reset]').click();
  assert.equal(await range(page), '100%');
  await done();
});

test('the slowest request is found', async () => {
  const { page, done } = await open(lecture);
  await page.locator('[data-slowest]').click();
  assert.equal(await page.locator('.found').getAttribute('data-request'), '3');
  assert.match(await story(page), /^request 3 \(short\): waiting in the backlog/);
  assert.ok(parseFloat(await range(page)) > 100);
  await shot(page, 'slowest');
  await done();
});

test('an entry of the legend dims the others', async () => {
  const { page, done } = await open(lecture);
  const entry = page.locator('.legend [data-look=backlog_wait] button');
  await entry.click();
  const opacity = look => page.locator(`.panel:visible .requests rect.${look}`).first().evaluate(bar => +getComputedStyle(bar).opacity);
  assert.equal(await entry.getAttribute('aria-pressed'), 'true');
  assert.ok(await opacity('backlog_wait') === 1 && await opacity('compute') < 0.5);
  await shot(page, 'dimmed');
  await entry.click();
  assert.equal(await opacity('compute'), 1);
  await done();
});

test('everything can be reached and used with the keyboard', async () => {
  const { page, done } = await open(lecture);
  const reached = [];
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => {
      const { tagName, textContent, classList } = document.activeElement;
      return tagName === 'rect' ? `bar ${classList[0]}` : `${tagName} ${textContent.trim().slice(0, 20)}`;
    }));
    if (reached.at(-1).startsWith('bar')) break;
  }
  assert.ok(reached.includes('BUTTON sync') && reached.includes('BUTTON whole time') && reached.includes('BUTTON Step by step'), reached.join('\n'));
  assert.equal(reached.at(-1), 'bar framework');
  assert.match(await focused(page), /^request 1 \(page\): running framework code/);
  await page.keyboard.press('ArrowRight');
  assert.match(await focused(page), /^request 1 \(page\): waiting for the database/);
  assert.equal(await story(page), await focused(page));
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(page), /^request 2 \(page\)/);
  await page.keyboard.press('End');
  await page.keyboard.press('+');
  assert.equal(await range(page), '200%');
  await page.keyboard.press('0');
  assert.equal(await range(page), '100%');
  await done();
});

test('a teacher steps through the events', async () => {
  const { page, done } = await open(lecture);
  await page.locator('[data-step=begin]').click();
  const now = () => page.locator('.now').evaluate(list => [...list.children].map(child => child.textContent).join(' | '));
  assert.match(await now(), /^0 ms .*sync \| request 1 is running framework code \| threaded \|/);
  assert.equal(await page.locator('.panel:visible').count(), 3, 'all policies at once');
  assert.equal(await page.locator('#over .cursor').count(), 1);
  await page.keyboard.press('ArrowRight');
  assert.match(await now(), /^10 ms .*sync \| request 1 is waiting for the database or another backend/);
  await page.keyboard.press('ArrowRight');
  assert.match(await now(), /^15 ms .*sync \| request 1 is waiting for the database or another backend; request 2 is waiting in the backlog/);
  assert.ok(await page.locator('.told').count() >= 5, 'the bars of this instant are marked');
  await shot(page, 'steps', {});
  await page.keyboard.press('ArrowLeft');
  assert.match(await now(), /^10 ms/);
  await page.locator('.steps select').selectOption('400');
  await page.locator('[data-step=play]').focus();
  await page.keyboard.press('Space');
  assert.equal(await page.locator('[data-step=play]').textContent(), 'pause');
  await page.waitForFunction(() => /^2\d ms|^3\d ms/.test(document.querySelector('.now').textContent));
  await page.keyboard.press('Space');
  assert.equal(await page.locator('[data-step=play]').textContent(), 'play');
  await page.keyboard.press('End');
  assert.match(await now(), /sync \| request 3 is answered/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.now').isVisible(), false);
  await done();
});

test('without scripts all policies, tables and events can be read', async () => {
  const { page, done } = await open(lecture, { javaScriptEnabled: false });
  assert.equal(await page.locator('.panel:visible').count(), 3);
  assert.equal(await page.locator('button:visible').count(), 0, 'no button that does nothing');
  assert.ok(await page.getByText('Response time in ms').isVisible());
  await page.getByText('What happens when').click();
  assert.ok(await page.locator('.events').getByText('requests 2 and 3 are waiting in the backlog').first().isVisible());
  await shot(page, 'no-scripts');
  await done();
});

/// The contrast of two colours (WCAG 2).
const contrast = (one, other) => {
  const light = color => color.match(/\d+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

for (const colorScheme of ['light', 'dark']) {
  test(`text can be read in ${colorScheme} colours`, async () => {
    const { page, done } = await open(lecture, { colorScheme });
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(paper, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 24, 29)');
    for (const selector of ['h1', '.about', '.note, .help', 'td', 'thead th', 'code', '.story']) {
      const [color, own] = await page.locator(selector).first().evaluate(element =>
        [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]);
      const ground = own.startsWith('rgba(0, 0, 0, 0') ? paper : own;
      assert.ok(contrast(color, ground) >= 4.5, `${selector}: ${color} on ${ground}`);
    }
    await shot(page, `lecture-${colorScheme}`);
    await done();
  });
}

for (const name of ['lecture', 'open', 'slow_payment_api']) {
  const page_ = name === 'lecture' ? lecture : report(name);
  for (const width of [390, 1280]) {
    test(`${name} fits ${width} px without scrolling sideways`, async () => {
      const { page, done } = await open(page_, { viewport: { width, height: 844 } });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await page.locator('.policies button').last().click();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const wide = await page.locator('.lane').evaluateAll(lanes => lanes.filter(lane => lane.getBoundingClientRect().width > 0)
        .every(lane => lane.getBoundingClientRect().width > 150));
      assert.ok(wide, 'lanes have room');
      await shot(page, `${name}-${width}`);
      await done();
    });
  }
}

test('it prints with all policies and no buttons', async () => {
  const { page, done } = await open(lecture);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.panel:visible').count(), 3);
  assert.equal(await page.locator('.controls button:visible, .steps button:visible').count(), 0);
  const options = process.env.SHOTS ? { path: join(process.env.SHOTS, 'lecture.pdf') } : {};
  const pdf = await page.pdf({ format: 'A4', printBackground: true, ...options });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g).length;
  assert.ok(pages >= 2 && pages <= 6, `${pages} pages`);
  await done();
});

const HOSTILE = [
  '</script><script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'-alert(1)-'", '</title><b>&amp;]]>', '{{7*7}}${7*7}',
  '\u202eevil', '<!-- --><![CDATA[x', '</style><style>*{display:none}',
];

for (const [place, hostile] of HOSTILE.entries()) {
  test(`names are text, whatever they contain (${place + 1})`, async () => {
    // Names contain no `=`, `[` or `]`, which are special in paths of `--set`; descriptions and files may.
    const plain = hostile.replace(/[=\[\]]/g, '');
    const text = JSON.stringify({
      description: hostile,
      classes: { [plain]: { phases: [{ compute: '5ms' }, { wait: { backend: plain + ' b', time: '8ms' } }] } },
      arrivals: { at: [{ time: '0ms' }, { time: '1ms' }] },
      backends: { [plain + ' b']: { concurrency: 1, pool: { size: 1 } } },
      policies: [{ sync: { name: plain + ' p' } }, { async: {} }],
    });
    const { page, done } = await open(report(hostile.replaceAll('/', '∕'), { text }));
    const shown = text => text.replace('\u202e', '\ufffd');
    assert.equal(await page.locator('.policies button').first().textContent(), shown(plain) + ' p');
    assert.equal(await page.locator('h1').textContent(), shown(hostile.replaceAll('/', '∕')));
    assert.equal(await page.locator('.about').first().textContent(), shown(hostile));
    await page.locator('.panel:visible rect.compute').first().hover();
    assert.ok((await story(page)).includes(`(${shown(plain)})`), await story(page));
    await page.locator('.policies button').nth(1).click();
    await page.locator('[data-step=begin]').click();
    await page.keyboard.press('ArrowRight');
    assert.ok((await page.locator('.now').textContent()).includes(shown(plain) + ' p'));
    assert.equal(await page.locator('img, iframe, b:not(th b)').count(), 0);
    await done();
  });
}

test('before and after stand side by side', async () => {
  const before = join(project, 'scenarios/lecture.json');
  const { page, done } = await open(report('lecture', { options: ['--before', before, '--set', 'policies.threaded.threads=3'] }));
  assert.deepEqual(await page.locator('.policies button').allTextContents(),
    ['sync before', 'sync now', 'threaded before', 'threaded now', 'async before', 'async now', 'all below each other']);
  assert.ok(await page.locator('#before').getByText('policies.threaded.threads: 2 → 3').isVisible());
  await page.locator('.policies button').nth(2).click();
  await page.locator('.policies button').nth(3).click();
  assert.match(await page.locator('.panel:visible [data-request="3"] .was').textContent(), /^threaded before: 285 ms/);
  await shot(page, 'before');
  await done();
});

test('an incomplete run says so in a banner', async () => {
  const { page, done } = await open(report('open', { options: ['--set', 'run.max_in_flight=5'], code: 3 }));
  assert.ok(await page.locator('.notices.incomplete').isVisible());
  await done();
});

test('pages are small and are painted at once', async () => {
  const many = report('open', { options: ['--set', 'run.requests=200000'] });
  assert.ok(lecture.bytes < 200_000, `${lecture.bytes} bytes`);
  assert.ok(many.bytes < 1_500_000, `${many.bytes} bytes`);
  for (const [name, report] of [['lecture', lecture], ['200,000 requests', many]]) {
    // The fastest of several: what else the machine does is not of the page, and the first page of a browser is slower than any other.
    let fastest = Infinity;
    for (let attempt = 0; attempt < 6; attempt++) {
      const { page, done } = await open(report);
      fastest = Math.min(fastest, await page.evaluate(() => new Promise(found => new PerformanceObserver(list => found(list.getEntries()
        .find(entry => entry.name === 'first-contentful-paint').startTime)).observe({ type: 'paint', buffered: true }))));
      await done();
    }
    console.log(`${name}: ${report.bytes} bytes, first paint after ${Math.round(fastest)} ms`);
    assert.ok(fastest < 300, `${name}: ${fastest} ms`);
  }
});

test('the page has what a screen reader needs', async () => {
  const { page, done } = await open(lecture);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await page.locator('h1').count(), 1);
  const levels = await page.locator('h1, h2, h3').evaluateAll(headings => headings.map(heading => +heading.tagName[1]));
  assert.ok(levels.every((level, place) => place === 0 || level <= levels[place - 1] + 1), levels.join(' '));
  const unnamed = await page.locator('button, select, [role=region], [role=group], section').evaluateAll(elements => elements
    .filter(element => !(element.textContent.trim() || element.getAttribute('aria-label')) && !element.getAttribute('aria-labelledby'))
    .map(element => element.outerHTML.slice(0, 80)));
  assert.deepEqual(unnamed, []);
  const ids = await page.locator('[id]').evaluateAll(elements => elements.map(element => element.id));
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  const snapshot = await page.locator('main').ariaSnapshot();
  for (const part of ['button "sync" [pressed]', 'heading "What each request did"', 'row "3 short', 'group "request 3"']) {
    assert.ok(snapshot.includes(part), `${part} in\n${snapshot.slice(0, 4000)}`);
  }
  await done();
});
