import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { listensAt, type Started, type StartOptions, start, temporaryFolder, write } from './support.js';

const YAML = `
name: shop
sources: { web: { type: generate, kind: access_log, rate: 5000, format: combined } }
transforms:
  bad: { type: filter, inputs: [web], where: status >= 400 }
  shaped: { type: map, inputs: [bad], set: { n: 1000 / (status - 500) }, queue: disk }
sinks: { out: { type: file, inputs: [shaped], path: out.ndjson, format: json } }
`;

/** Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), in the page. */
const FAINT = `(() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      if (one instanceof SVGGElement && one.matches('.node')) return getComputedStyle(one.querySelector('rect')).fill;
      const { backgroundColor } = getComputedStyle(one);
      if (rgb(backgroundColor)[3] !== 0) return backgroundColor;
    }
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .flatMap((element) => {
      const style = getComputedStyle(element);
      const [a, b] = [light(element instanceof SVGElement ? style.fill : style.color), light(ground(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return contrast < 4.5 ? [element.textContent.slice(0, 40) + ': ' + contrast.toFixed(2)] : [];
    });
})()`;
/** What can be used, and has no name. */
const NAMELESS = `[...document.querySelectorAll('button, select, input, [tabindex="0"], [role=img]')]
  .filter((one) => !(one.getAttribute('aria-label') || one.labels?.length || (one.matches('button') && one.textContent.trim())))
  .map((one) => one.outerHTML.slice(0, 80))`;

let browser: Browser;
/** The run that most tests look at, and what ends it. */
let shared: Watched;
const atTheEnd: (() => void)[] = [];

interface Watched extends Started {
  readonly url: string;
}

async function watched({ cleanUp = onTestFinished, ...options }: StartOptions = {}): Promise<Watched> {
  const cwd = temporaryFolder(cleanUp);
  const argv = ['run', write(cwd, 'p.yaml', YAML), '--ui', '--listen', '127.0.0.1:0'];
  const started = start(argv, { ...options, cwd, cleanUp });
  return { ...started, url: await listensAt(started) };
}

/** The dashboard of a run. What the page complains about, or asks of other sites, fails the test. */
async function opened(scheme: 'light' | 'dark' = 'light', { url }: Watched = shared): Promise<Page> {
  const context = await browser.newContext({ colorScheme: scheme, baseURL: url });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  page.on('console', (said) => {
    if (said.type() === 'error' && !said.text().includes('Failed to load resource'))
      complaints.push(said.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(url);
  return page;
}

describe.skipIf(!hasBrowser)('the dashboard', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    const cleanUp = (work: () => void) => void atTheEnd.unshift(work);
    [browser, shared] = await Promise.all([launchBrowser(), watched({ cleanUp })]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    for (const work of atTheEnd) work();
  });

  it('draws the pipeline with what flows, and says what limits it', async () => {
    const page = await opened();
    await page.getByRole('heading', { name: 'shop' }).waitFor();
    for (const stage of ['web', 'bad', 'shaped', 'out'])
      await page.getByRole('button', { name: new RegExp(`^${stage}, .*[1-9].* records a second`) }).waitFor();
    expect(await page.locator('svg path.edge').count()).toBe(3);
    await page.locator('#bottleneck', { hasText: 'Limited by' }).waitFor();
    await page
      .locator('svg .edge-label', { hasText: /[1-9].*\/s/ })
      .first()
      .waitFor();
    expect(await page.locator('[data-stage=out]').textContent()).toMatch(/% full, credit .*iB/);
  });

  it('shows a stage with records passing now and its last errors, by keyboard alone', async () => {
    const page = await opened();
    await page.locator('[data-stage=shaped]', { hasText: 'dead' }).waitFor();
    await page.locator('[data-stage=shaped]').focus();
    await page.keyboard.press('Enter');
    const stage = page.getByRole('region', { name: 'Stage shaped' });
    await stage.getByText('expression_failed').first().waitFor();
    const record = stage.locator('#records pre').first();
    await record.waitFor();
    expect(JSON.parse((await record.textContent())!)).toHaveProperty('n');
    await stage.getByRole('combobox').selectOption('inputs');
    await stage.locator('#records pre', { hasText: '"status"' }).first().waitFor();
    await stage.getByRole('heading', { name: 'Last errors' }).waitFor();
    await stage.getByRole('button', { name: 'Close' }).press('Enter');
    expect(await stage.count()).toBe(0);
  });

  it('lists dead letters, filters them and opens one', async () => {
    const page = await opened();
    const letters = page.getByRole('region', { name: 'Dead letters' });
    const row = letters.getByRole('button', { name: 'open dead letter shaped/' }).first();
    await row.waitFor();
    await letters.getByLabel('stage').selectOption('shaped');
    await letters.getByLabel('code').selectOption('expression_failed');
    await row.click();
    const dialog = page.getByRole('dialog', { name: /^Dead letter shaped\/\d+$/ });
    await dialog.getByText('cannot set "n": division by zero').waitFor();
    expect(await dialog.locator('pre').textContent()).toMatch(/HTTP.* 500 /);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('replays dead letters and discards some, once that is confirmed, by keyboard alone', async () => {
    const page = await opened();
    const letters = page.getByRole('region', { name: 'Dead letters' });
    await letters.getByRole('button', { name: /^Replay all / }).press('Enter');
    const replay = page.getByRole('dialog', { name: /^Replay .*\?$/ });
    await replay.getByRole('button', { name: /^Replay / }).press('Enter');
    await replay.getByText(/^Replayed [\d,]+, of which [\d,]+ failed again\.$/).waitFor();
    await page.keyboard.press('Escape');
    await replay.waitFor({ state: 'detached' });
    await page.locator('#letters[aria-busy=false]').waitFor();
    await letters.getByRole('checkbox').first().press('Space');
    await letters.getByRole('button', { name: 'Discard 1 selected …' }).press('Enter');
    const discard = page.getByRole('dialog', { name: 'Discard 1 dead letter?' });
    await discard.getByRole('button', { name: 'Cancel' }).press('Enter');
    await letters
      .getByRole('button', { name: /^open / })
      .first()
      .press('Enter');
    const letter = page.getByRole('dialog', { name: /^Dead letter / });
    const title = (await letter.getByRole('heading').textContent())!;
    await letter.getByRole('button', { name: 'Discard it …' }).press('Enter');
    await discard.getByRole('button', { name: 'Discard 1 dead letter' }).press('Enter');
    await discard.getByText('Discarded 1.').waitFor();
    const id = encodeURIComponent(title.replace('Dead letter ', ''));
    expect((await page.request.get(`/api/dead-letters/${id}`)).status()).toBe(404);
    await discard.getByRole('button', { name: 'Close' }).press('Enter');
    await discard.waitFor({ state: 'detached' });
  });

  it('draws rates, latencies and queues over the last minutes, and tells them in words', async () => {
    const page = await opened();
    const chart = (name: RegExp) => page.getByRole('img', { name }).first();
    await chart(
      /^Records, the last 5 minutes\. Now: read [1-9].*\/s, written .*\. Highest: .*\/s\.$/,
    ).waitFor();
    await chart(/^Fullest queue, .* Now: (?:web|out) \d+ %/).waitFor();
    await page.locator('[data-stage=web]').press('Enter');
    await chart(/^Latency of batches, at most, .*half [\d.]+ m?s, 99 % [\d.]+ m?s/).waitFor();
    await chart(/^Batches by latency\. up to [\d.]+ m?s: \d+ %/).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.dataset.stage')).toBe('web');
  });

  it.each(['light', 'dark'] as const)('can be read and used by everyone, %s', async (scheme) => {
    const page = await opened(scheme);
    await page.locator('[data-stage=shaped]', { hasText: 'dead' }).press('Enter');
    await page
      .getByRole('button', { name: /^open dead letter/ })
      .first()
      .waitFor();
    expect(await page.evaluate(FAINT)).toEqual([]);
    await page.evaluate(`document.documentElement.style.setProperty('--quiet', 'var(--ground)')`);
    expect(await page.evaluate(FAINT), 'what is faint is found').not.toEqual([]);
    expect(await page.evaluate(NAMELESS)).toEqual([]);
    for (const landmark of ['banner', 'main'] as const)
      expect(await page.getByRole(landmark).count()).toBe(1);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    await page.locator('[data-stage=out]').focus();
    await page.keyboard.press('Tab');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
  });

  it('shows durable queues with their lag', async () => {
    const page = await opened();
    const row = page.getByRole('region', { name: 'Durable queues' }).locator('tbody tr').first();
    await row.waitFor();
    expect(await row.locator('td').allTextContents()).toEqual([
      'shaped',
      expect.stringContaining('web'),
      expect.stringMatching(/^[\d,]+$/),
      expect.stringMatching(/B$/),
      expect.any(String),
      expect.stringMatching(/^[\d,]+$/),
    ]);
  });

  it('asks for the token where one is needed', async () => {
    const page = await opened('light', await watched({ env: { MILLRACE_TOKEN: 'let-me-in' } }));
    await page.getByLabel('Token').fill('let-me-in');
    await page.getByRole('button', { name: 'Show it' }).click();
    await page.locator('[data-stage=web]').waitFor();
  });

  it('says when the run has ended', async () => {
    const run = await watched();
    const page = await opened('dark', run);
    await page.locator('#status', { hasText: 'running' }).waitFor();
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe('rgb(15, 19, 24)');
    run.child.kill('SIGINT');
    await run.ended;
    await page.locator('#status', { hasText: 'ended' }).waitFor();
  });
});
