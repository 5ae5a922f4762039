import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Whether tests of pages can run. In CI they always do, and fail where there is no browser. */
export const hasBrowser = PROGRAM !== undefined || process.env.CI !== undefined;
if (!hasBrowser) process.stderr.write('no Chromium: the tests of the dashboard are skipped\n');

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM!, args: ['--no-sandbox'] });
}
