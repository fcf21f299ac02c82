// A fresh browser for the tests: Debian's Chromium, headless, a new profile.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const chrome = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const haveChrome = existsSync(chrome);

export async function open({ width = 1280, height = 800, colorScheme = 'light', locale = 'zh-CN' } = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'menshen-console-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chrome,
    headless: true,
    viewport: { width, height },
    colorScheme,
    locale,
    timezoneId: 'Asia/Shanghai',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

// watch notes what should never happen on a page: errors on the console,
// exceptions, and requests to any other host.
export function watch(page, home) {
  const faults = [];
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') {
      // The browser itself reports the 401 by which the server says "not signed in".
      if (/status of 401/.test(m.text()) && /\/api\/(session|start)/.test(m.location().url)) return;
      faults.push(`console ${m.type()}: ${m.text()}`);
    }
  });
  page.on('pageerror', (e) => faults.push(`exception: ${e.message}`));
  page.on('request', (r) => {
    const url = r.url();
    if (!url.startsWith(home) && !url.startsWith('data:') && !url.startsWith('blob:')) faults.push(`foreign request: ${url}`);
  });
  return faults;
}
