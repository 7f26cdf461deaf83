// Pages to test, and a browser to open them in.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const folder = mkdtempSync(join(tmpdir(), 'waitline-'));
export const project = fileURLToPath(new URL('../..', import.meta.url));

/// The page of a scenario in `scenarios/`, or of this text under this name.
export function report(name, { text, options = [], code = 0 } = {}) {
  const file = join(folder, name + '.json');
  writeFileSync(file, text ?? readFileSync(join(project, 'scenarios', name + '.json')));
  const out = mkdtempSync(join(folder, 'out-'));
  try {
    execFileSync(process.env.WAITLINE, ['report', '--quiet', '--out', out, ...options, '--', file], { stdio: 'pipe' });
  } catch (error) {
    if (error.status !== code) throw new Error(`waitline ended with ${error.status}: ${error.stderr}`);
  }
  const path = join(out, name, 'report.html');
  return { path, url: pathToFileURL(path).href, bytes: statSync(path).size };
}

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // In containers there are often no user namespaces to build a sandbox of.
  args: ['--no-sandbox', '--force-color-profile=srgb'],
});

/// Opens a page. Whatever it reports to the console or wants to load is collected; closing it checks that there was nothing.
export async function open({ url }, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const noise = [];
  page.on('console', message => noise.push(`console: ${message.text()}`));
  page.on('pageerror', error => noise.push(`error: ${error.message}`));
  page.on('request', request => { if (request.url() !== url && !request.url().startsWith('data:')) noise.push(`request: ${request.url()}`); });
  page.on('dialog', dialog => { noise.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  const done = async () => {
    await context.close();
    if (noise.length) throw new Error(noise.join('\n'));
  };
  return { page, done };
}

/// A screenshot to look at, if a directory for them was named.
export async function shot(page, name, options = { fullPage: true }) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, name + '.png'), ...options });
}
