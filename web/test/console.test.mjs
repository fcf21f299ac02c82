// The console in a browser, against invented answers: `npm run build` first.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { haveChrome, open, watch } from './browser.mjs';
import { alerts, subjectOf } from './fixtures.mjs';
import { mock } from './mock-server.mjs';

const skip = haveChrome ? false : 'no Chromium (set CHROMIUM)';
const first = alerts(1)[0];

let server;
let browser;
before(async () => {
  if (skip) return;
  server = await mock();
  browser = await open();
  browser.context.setDefaultTimeout(30_000); // a busy machine is no fault
});
after(async () => {
  await browser?.close();
  await server?.close();
});

// visit runs fn on a fresh page and holds it to what must never happen.
async function visit(fn, { signedIn = true, lang = 'zh', theme = 'light', expectFaults } = {}) {
  const page = await browser.context.newPage();
  await browser.context.clearCookies();
  if (signedIn) {
    const r = await browser.context.request.post(`${server.url}/api/session`, { data: { user: 'demo', password: 'menshen-demo' } });
    assert.equal(r.status(), 200);
  }
  await page.addInitScript(([l, t]) => {
    if (sessionStorage.getItem('chosen')) return;
    sessionStorage.setItem('chosen', '1');
    localStorage.setItem('menshen.lang', l);
    localStorage.setItem('menshen.theme', t);
  }, [lang, theme]);
  const faults = watch(page, server.url);
  try {
    await fn(page);
    if (!expectFaults) assert.deepEqual([...new Set(faults)], []);
  } finally {
    await page.close();
    Object.assign(server.state, { empty: false, demo: true, publicStart: false, ok: true });
    server.state.faults.clear();
    server.state.slow.clear();
    server.state.lifted.clear();
  }
}
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const text = (page, words) => page.getByText(words, { exact: false }).first().waitFor();

test('sign in: wrong, right, out', { skip }, () =>
  visit(async (page) => {
    await page.goto(server.url);
    await heading(page, '登录');
    await page.getByRole('button', { name: '登录' }).click();
    await text(page, '请填写用户名');
    await page.getByLabel('用户名').fill('demo');
    await page.getByLabel('密码').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: '用户名或密码不对' }).waitFor();
    await page.getByLabel('密码').fill('menshen-demo');
    await page.keyboard.press('Enter');
    await heading(page, '五步看懂门神'); // a demo begins at the start
    await page.getByRole('button', { name: '账户菜单' }).click();
    await page.getByRole('menuitem', { name: '退出登录' }).click();
    await heading(page, '登录');
  }, { signedIn: false }));

test('a demo shows its accounts at the door', { skip }, () =>
  visit(async (page) => {
    server.state.publicStart = true;
    await page.goto(server.url);
    await page.getByRole('button', { name: '控制台：风控分析员' }).click();
    assert.equal(await page.getByLabel('用户名').inputValue(), 'demo');
    assert.equal(await page.getByLabel('密码').inputValue(), 'menshen-demo');
  }, { signedIn: false }));

test('without a demo the overview is first', { skip }, () =>
  visit(async (page) => {
    server.state.demo = false;
    await page.goto(server.url);
    await heading(page, '总览');
    assert.equal(await page.getByRole('menuitem', { name: '从这里开始' }).count(), 0);
  }));

// Every page in both languages: address, title, words from its data.
const pages = [
  ['/start', { zh: ['五步看懂门神', '先看坐席看到的'], en: ['Menshen in five steps', 'See what an agent sees'] }],
  ['/overview', { zh: ['总览', '已脱敏的值'], en: ['Overview', 'Values masked'] }],
  ['/alerts', { zh: ['告警', '查看了诱饵客户 c-9001'], en: ['Alerts', 'viewed decoy customer c-9001'] }],
  [`/alerts/${first.alert}`, { zh: ['告警详情', '月度安全培训逾期'], en: ['Alert', 'overdue with their monthly security training'] }],
  ['/views', { zh: ['查看记录', '最新的查看记录'], en: ['Views', 'Newest views'] }],
  ['/accounts', { zh: ['账号', 'nantong-1'], en: ['Accounts', 'nantong-1'] }],
  ['/accounts?tab=doors', { zh: ['账号', '工位 st-4 接入了移动存储'], en: ['Accounts', 'Removable storage was attached at station st-4'] }],
  ['/accounts/agent-017', { zh: ['agent-017', '每日查看'], en: ['agent-017', 'Views by day'] }],
  ['/trace', { zh: ['追溯', '91.0%'], en: ['Trace', '91.0%'] }],
  ['/merchants', { zh: ['商家', 'ring-4c81e2'], en: ['Merchants', 'ring-4c81e2'] }],
  ['/merchants/m-304', { zh: ['m-304', '合计额度已用尽', '签收地点重复 +2.9'], en: ['m-304', 'their common line is used up', 'the same places of signature +2.9'] }],
  ['/ledger', { zh: ['账本', '签名检查点'], en: ['Ledger', 'Signed checkpoint'] }],
  ['/no/such.page', { zh: ['没有这个页面', '回到总览'], en: ['No such page', 'Back to the overview'] }],
];

for (const lang of ['zh', 'en']) {
  for (const [path, words] of pages) {
    test(`${path} in ${lang}`, { skip }, () =>
      visit(async (page) => {
        await page.setViewportSize(lang === 'zh' ? { width: 1280, height: 800 } : { width: 400, height: 800 });
        await page.goto(server.url + path);
        await heading(page, words[lang][0]);
        await page.getByText(words[lang][1], { exact: false }).locator('visible=true').first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), lang === 'zh' ? 'zh-CN' : 'en-GB');
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wider <= 0, `the page is ${wider} px wider than the window`);
      }, { lang, theme: lang === 'zh' ? 'light' : 'dark' }));
  }
}

test('language and appearance are switched and remembered', { skip }, () =>
  visit(async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.goto(`${server.url}/overview`);
    await heading(page, '总览');
    const light = await ground();
    await page.getByRole('button', { name: 'Switch to English' }).click();
    await heading(page, 'Overview');
    await page.getByRole('button', { name: 'Appearance' }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' });
    assert.notEqual(await ground(), light);
    await page.reload();
    await heading(page, 'Overview');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  }));

test('appearance follows the system', { skip }, () =>
  visit(async (page) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${server.url}/alerts`);
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-theme=light]').waitFor({ state: 'attached' });
  }, { theme: 'system' }));

test('the overview is live', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/overview`);
    await page.getByRole('status').filter({ hasText: '实时' }).waitFor();
    const views = page.locator('.leaf-data .figure-value').first();
    const before = await views.textContent();
    await page.waitForFunction((was) => document.querySelector('.leaf-data .figure-value')?.textContent !== was, before);
    await page.locator('.leaf-data svg').first().waitFor();
    await page.locator('.leaf-money svg').first().waitFor();
  }));

test('alerts are filtered and paged', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/alerts`);
    await text(page, '显示 50 / 50');
    await page.getByRole('button', { name: '更早的' }).click();
    await text(page, '显示 70 / 70');
    await page.getByRole('searchbox').fill('agent-031');
    await text(page, '显示 14 / 70');
  }));

test('a ground is lifted only with a note', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/alerts/${first.alert}`);
    await page.getByRole('button', { name: '解除' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: '解除' }).click();
    await dialog.getByText('请写明理由').waitFor();
    assert.equal(server.state.lifts.length, 0);
    await dialog.getByLabel('为什么解除').fill('  已与主管核对，属于专项回访  ');
    await dialog.getByRole('button', { name: '解除' }).click();
    await text(page, '已解除并记入账本');
    assert.deepEqual(server.state.lifts, [{ scope: 'actor', id: 'agent-017', cause: first.alert, note: '已与主管核对，属于专项回访' }]);
    await page.waitForFunction(() => document.querySelectorAll('.grounds li').length === 1);
  }));

test('a refused lift says so and keeps the note', { skip }, () =>
  visit(async (page) => {
    server.state.faults.set('/api/standings/lift', 403);
    await page.goto(`${server.url}/accounts/agent-017`);
    await page.getByRole('button', { name: 'Lift' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why it is lifted').fill('checked with the team lead');
    await dialog.getByRole('button', { name: 'Lift' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'Your role may not do this' }).waitFor();
    assert.equal(await dialog.getByLabel('Why it is lifted').inputValue(), 'checked with the team lead');
  }, { lang: 'en', expectFaults: true }));

test('who saw this customer, what did this account see', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/views`);
    const urls = [];
    page.on('request', (r) => urls.push(r.url()));
    await page.getByRole('searchbox', { name: '谁看过这位客户' }).fill('u-5512');
    await page.keyboard.press('Enter');
    const subject = subjectOf('u-5512');
    await text(page, `查看过客户 ${subject} 的记录`);
    assert.equal(new URL(page.url()).searchParams.get('subject'), subject);
    assert.deepEqual(urls.filter((u) => u.includes('u-5512')), [], 'the id of the back office stands in an address');
    await page.getByRole('searchbox', { name: '这个账号看过什么' }).fill('agent-018');
    await page.keyboard.press('Enter');
    await text(page, '账号 agent-018 的查看记录');
    await page.getByLabel('只看无据的').click(); // the address decides, a moment later
    await page.waitForURL(/unexplained=1/);
  }));

test('the ledger is verified, an entry opened, its proof saved', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/ledger`);
    await page.getByRole('button', { name: '开始核验' }).click();
    await text(page, '完好：412,883 条记录');
    server.state.ok = false;
    await page.getByRole('button', { name: '开始核验' }).click();
    await text(page, 'entry 17: the hash of its line');
    await page.getByLabel('序号').fill('17');
    await page.getByRole('button', { name: '前往' }).click();
    await page.locator('pre.json').filter({ hasText: '"id": "ev-11"' }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载第 17 条的包含证明' }).click()]);
    assert.equal(download.suggestedFilename(), 'menshen-proof-17.json');
    assert.equal(JSON.parse(await readFile(await download.path(), 'utf8')).index, 17);
  }));

test('a session that ended leads to sign-in', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/overview`);
    await heading(page, '总览');
    server.state.sessions.clear();
    await page.getByRole('menuitem', { name: '商家' }).getByRole('link').click();
    await heading(page, '登录');
  }, { expectFaults: true }));

test('faults are named, with their id, and can be tried again', { skip }, () =>
  visit(async (page) => {
    for (const path of ['/api/alerts', '/api/views', '/api/actors', '/api/merchants', '/api/trace', '/api/ledger']) server.state.faults.set(path, 500);
    for (const path of ['/alerts', '/views', '/accounts', '/merchants', '/trace', '/ledger']) {
      await page.goto(server.url + path);
      await page.getByRole('alert').filter({ hasText: 'e-1f3c' }).waitFor();
    }
    server.state.faults.clear();
    await page.getByRole('button', { name: '重试' }).click();
    await text(page, '签名检查点');
    await page.goto(`${server.url}/merchants/none`);
    await page.getByRole('alert').filter({ hasText: '没有找到' }).waitFor();
  }, { expectFaults: true }));

test('waiting and empty pages say so', { skip }, () =>
  visit(async (page) => {
    server.state.slow.add('/api/merchants');
    await page.goto(`${server.url}/merchants`);
    await page.getByRole('status', { name: '加载中' }).waitFor();
    server.state.empty = true;
    for (const [path, words] of [['/overview', '没有告警'], ['/alerts', '没有告警'], ['/views', '没有查看记录'], ['/accounts', '没有账号'], ['/accounts?tab=doors', '所有的门都开着'], ['/trace', '还没有受害报告'], ['/ledger', '账本还是空的']]) {
      await page.goto(server.url + path);
      await text(page, words);
    }
  }));

test('keyboard: skip link, and the menu on a narrow screen', { skip }, () =>
  visit(async (page) => {
    await page.goto(`${server.url}/overview`);
    await heading(page, '总览');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), '跳到正文');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.setViewportSize({ width: 400, height: 800 });
    await page.getByRole('button', { name: '打开菜单' }).press('Enter');
    await page.getByRole('dialog').getByRole('link', { name: '账本' }).click();
    await heading(page, '账本');
  }));
