// Walks through the back office as a person would, in Chromium, and writes down everything the browser was given: each
// response body, and the text, HTML and input values of each page.
//
// Input: one JSON object on standard input (walkPlan in office_test.go). Output: one JSON object in the file `out`.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(new URL('./backoffice/', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PATIENCE = 120_000;

const walk = JSON.parse(fs.readFileSync(0, 'utf8'));
const result = { responses: [], pages: [], errors: [], saves: [], rows: {} };
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'e2e-profile-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: walk.chromium, headless: true, args: FLAGS, viewport: { width: 1440, height: 1000 }, locale: 'en-US',
});
const reading = new Set();
const asked = new Set(); // requests under way

try {
  const page = context.pages()[0] ?? await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  watch(page);
  await signIn(page);
  for (const step of [customers, search, customer, editCustomer, orders, order, editOrder]) {
    try {
      await step(page);
    } catch (err) {
      result.errors.push(`${step.name}: ${err.message}`);
      await keep(page, `failed-${step.name}`);
    }
  }
} catch (err) {
  result.errors.push(`sign in: ${err.message}`);
  for (const page of context.pages()) await keep(page, 'failed-sign-in').catch(() => {});
} finally {
  await Promise.allSettled(reading);
  await context.close();
  fs.rmSync(profile, { recursive: true, force: true });
  fs.writeFileSync(walk.out, JSON.stringify(result));
}

// watch records every response the page gets, and every error that its scripts raise.
function watch(page) {
  page.on('pageerror', (err) => result.errors.push(`script: ${err.message}`));
  page.on('request', (r) => asked.add(r));
  page.on('requestfinished', (r) => asked.delete(r));
  page.on('requestfailed', (r) => asked.delete(r));
  page.on('response', (response) => {
    const entry = { method: response.request().method(), url: response.url(), status: response.status(),
      type: response.headers()['content-type'] ?? '', body: '' };
    result.responses.push(entry);
    const read = response.body().then((b) => { entry.body = b.toString('base64'); }, () => {}).finally(() => reading.delete(read));
    reading.add(read);
  });
}

// signIn passes Menshen's own sign-in page when there is a gateway, then the back office's.
async function signIn(page) {
  await page.goto(`${walk.base}/admin/`);
  if (walk.menshen) {
    const password = page.locator('input[type=password]').first();
    await password.waitFor();
    await page.locator('input[name=user], input[name=username]').first().fill(walk.menshen.user);
    await password.fill(walk.menshen.password);
    await keep(page, 'menshen-sign-in');
    await Promise.all([page.waitForLoadState('load'), page.locator('button[type=submit], input[type=submit]').first().click()]);
    if (!new URL(page.url()).pathname.startsWith('/admin')) await page.goto(`${walk.base}/admin/`);
  }
  await page.locator('#login_username').fill(walk.office.user);
  await page.locator('#login_password').fill(walk.office.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
  await page.locator('vdr-main-nav').first().waitFor();
  await keep(page, 'dashboard');
}

// customers shows a long list, with every column that the page offers.
async function customers(page) {
  await page.goto(`${walk.base}/admin/customer/customers?perPage=100`);
  await page.locator('tbody tr').first().waitFor();
  await page.locator('vdr-data-table-colum-picker button').first().click();
  for (const name of ['Resident ID', 'Bank card', 'Remark']) {
    await page.locator('label, button, li').filter({ hasText: name }).last().click();
  }
  await page.keyboard.press('Escape');
  // The page asks again for each column; the last row has them all when it is there.
  await page.locator('tbody tr').last().filter({ hasText: /[0-9][0-9*]{16}[0-9X]/ })
    .filter({ hasText: /(?<![0-9*])(\*{4}[0-9]{4}|[0-9]{16,19})(?![0-9*])/ }).waitFor();
  await rows(page, 'customers', 100);
}

async function search(page) {
  await page.goto(`${walk.base}/admin/customer/customers`);
  await page.locator('tbody tr').first().waitFor();
  await page.locator('.toggle-search-filter-row').first().click();
  const answered = page.waitForResponse((r) => (r.request().postData() ?? '').includes(walk.search));
  answered.catch(() => {});
  await page.locator('.search-wrapper input').first().fill(walk.search);
  await answered;
  await rows(page, 'search', 1);
}

async function customer(page) {
  await page.goto(`${walk.base}/admin/customer/customers/${walk.customer}`);
  await page.locator('vdr-customer-history vdr-timeline-entry').nth(1).waitFor();
  await settle(page);
  await keep(page, 'customer');
}

// editCustomer changes a field that nobody masks and saves the form, so that all the masks in it go back with it.
async function editCustomer(page) {
  await page.locator('vdr-form-field').filter({ has: page.locator('#title') }).getByRole('button').first().click();
  await page.locator('#title').fill(walk.title);
  await save(page, 'customer');
}

async function editOrder(page) {
  await page.locator('vdr-form-field').filter({ hasText: 'Rating' }).locator('input').first().fill(String(walk.rating));
  await save(page, 'order');
}

// save sends the form that is open and notes what became of it.
async function save(page, what) {
  const saved = page.waitForResponse((r) => (r.request().postData() ?? '').includes('"query":"mutation'));
  saved.catch(() => {});
  await page.getByRole('button', { name: /^(Update|Set custom fields|Update custom fields)$/ }).first().click();
  const response = await saved;
  result.saves.push({ what, status: response.status(), sent: response.request().postData(), answer: await response.text().catch(() => '') });
  await settle(page);
  await keep(page, `saved-${what}`);
}

async function orders(page) {
  await page.goto(`${walk.base}/admin/orders?perPage=100`);
  await rows(page, 'orders', walk.orders);
}

async function order(page) {
  await page.goto(`${walk.base}/admin/orders/${walk.order}`);
  await page.locator('vdr-order-history vdr-timeline-entry').first().waitFor();
  await settle(page);
  await keep(page, 'order');
}

// rows waits for a list of so many rows: while it loads it shows fewer, or that there are none.
async function rows(page, name, want) {
  await page.waitForFunction((n) => [...document.querySelectorAll('tbody tr')].filter((r) => r.innerText.trim()).length === n, want);
  await settle(page);
  result.rows[name] = await page.locator('tbody tr').allInnerTexts();
  await keep(page, name);
}

// settle waits until the page has nothing more to fetch.
async function settle(page) {
  for (let quiet = 0, until = Date.now() + PATIENCE; quiet < 5;) {
    if (Date.now() > until) throw new Error('the page never stops fetching');
    await page.waitForTimeout(100);
    quiet = asked.size === 0 ? quiet + 1 : 0;
  }
}

// keep writes down what the page shows, with a picture.
async function keep(page, name) {
  const seen = await page.evaluate(() => ({
    text: document.body.innerText,
    html: document.documentElement.outerHTML,
    inputs: [...document.querySelectorAll('input, textarea')].filter((i) => i.type !== 'password').map((i) => i.value),
  }));
  result.pages.push({ name, url: page.url(), ...seen });
  if (walk.shots) await page.screenshot({ path: path.join(walk.shots, `${name}.png`), fullPage: false });
}
