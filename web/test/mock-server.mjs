// A stand-in for menshen's server in the console's own tests: the built files
// under the same headers as web.go sends, and invented answers. Not shipped.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from './fixtures.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const kinds = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml' };

// The policy is read from web.go, so that the console is tested under the one
// that it is served with.
const go = await readFile(new URL('../web.go', import.meta.url), 'utf8');
const policy = [.../const contentPolicy = ([\s\S]*?)\n\n/.exec(go)[1].matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('');

// mock starts a server. `faults` maps a path to a status that it answers with;
// `empty` answers with empty lists; `lifts` collects what was lifted.
export async function mock({ demo = true } = {}) {
  const state = { demo, empty: false, publicStart: false, slow: new Set(), faults: new Map(), lifts: [], lifted: new Set(), sessions: new Set(), verifies: 0, ok: true };
  const server = createServer((req, res) => {
    answer(state, req, res).catch((e) => {
      res.statusCode = 500;
      res.end(String(e));
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    state,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

function json(res, body, status = 200, kind = 'application/json') {
  res.writeHead(status, { 'Content-Type': kind, 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(body));
}
const problem = (res, status, title, detail) => json(res, { title, status, detail, id: 'e-1f3c' }, status, 'application/problem+json');

async function bodyOf(req) {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text ? JSON.parse(text) : {};
}

async function file(req, res, path) {
  res.setHeader('Content-Security-Policy', policy);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  const name = normalize(path).replace(/^[/\\]+/, '');
  try {
    const body = await readFile(join(dist, name || 'index.html'));
    res.writeHead(200, { 'Content-Type': kinds[extname(name) || '.html'] ?? 'application/octet-stream' });
    res.end(body);
  } catch {
    if (name.startsWith('assets/')) return problem(res, 404, 'not found');
    res.writeHead(200, { 'Content-Type': kinds['.html'] });
    res.end(await readFile(join(dist, 'index.html')));
  }
}

async function answer(state, req, res) {
  const url = new URL(req.url, 'http://x');
  const path = decodeURIComponent(url.pathname);
  if (!path.startsWith('/api/')) return file(req, res, path);
  if (state.slow.has(path)) return; // never answers
  if (state.faults.has(path)) return problem(res, state.faults.get(path), 'fault', 'a fault on purpose');

  const token = /(?:^|; )session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  const inside = state.sessions.has(token);
  const person = { user: 'demo', name: 'Demo Analyst', role: 'analyst' };

  if (path === '/api/session') {
    if (req.method === 'POST') {
      const { user, password } = await bodyOf(req);
      if (user !== 'demo' || password !== 'menshen-demo') return problem(res, 401, 'wrong user or password');
      const fresh = `s${state.sessions.size + 1}`;
      state.sessions.add(fresh);
      res.setHeader('Set-Cookie', `session=${fresh}; HttpOnly; SameSite=Strict; Path=/`);
      return json(res, person);
    }
    if (req.method === 'DELETE') {
      state.sessions.delete(token);
      res.writeHead(204);
      return res.end();
    }
    return inside ? json(res, person) : problem(res, 401, 'not signed in');
  }
  if (path === '/api/start' && (inside || state.publicStart)) return json(res, state.demo ? data.start : { demo: false, steps: [] });
  if (!inside) return problem(res, 401, 'not signed in');
  return data1(state, req, res, path, url.searchParams);
}

async function data1(state, req, res, path, q) {
  const items = (list) => json(res, { items: state.empty ? [] : list });
  const one = (value, what) => (value === undefined ? problem(res, 404, `no such ${what}`) : json(res, value));
  const [, , kind, id, more] = path.split('/');
  const limit = Number(q.get('limit') ?? 50);
  switch (kind) {
    case 'overview':
      return json(res, state.empty ? emptyOverview() : data.overview());
    case 'live':
      return live(state, req, res);
    case 'alerts': {
      if (!id) {
        const all = state.empty ? [] : data.alerts(70);
        const rest = q.has('before') ? all.filter((a) => a.index < Number(q.get('before'))) : all;
        const items = rest.slice(0, limit);
        return json(res, { items, ...(rest.length > limit && { next: items.at(-1).index }) });
      }
      const alert = data.alerts(70).find((a) => a.alert === id);
      if (!alert) return problem(res, 404, 'no such alert');
      const grounds = data.standings.flatMap((s) => s.grounds).filter((g) => !state.lifted.has(g.cause) && [alert.actor, alert.partner].includes(g.id));
      return json(res, { alert, standing: { standing: grounds.length ? 'narrowed' : 'open', grounds }, views: data.views(9, { actor: alert.actor, unexplained: true }) });
    }
    case 'subject':
      return json(res, { subject: data.subjectOf((await bodyOf(req)).id) });
    case 'views':
      return items(data.views(Math.min(limit, 30), { actor: q.get('actor') ?? undefined, subject: q.get('subject') ?? undefined, unexplained: q.get('unexplained') === 'true' }));
    case 'actors':
      return id ? one(data.actor(id), 'account') : items(data.actors);
    case 'standings':
      if (req.method === 'POST') {
        const body = await bodyOf(req);
        if (!body.note || body.note.length < 4) return problem(res, 422, 'a note is needed');
        state.lifts.push(body);
        state.lifted.add(body.cause);
        res.writeHead(204);
        return res.end();
      }
      return items(data.standings.map((s) => ({ ...s, grounds: s.grounds.filter((g) => !state.lifted.has(g.cause)) })).filter((s) => s.grounds.length));
    case 'merchants':
      return id ? one(data.merchant(id), 'merchant') : items(data.merchants);
    case 'trace':
      return json(res, state.empty ? { accounts: null, sets: null, unexplained: 0, advice: null } : data.trace);
    case 'ledger':
      if (id === 'verify') {
        state.verifies++;
        return json(res, { ok: state.ok, size: data.SIZE, problems: state.ok ? [] : ['entry 17: the hash of its line is not the one in the tree'], seconds: 0.84 });
      }
      if (more !== undefined) return json(res, { index: Number(more), size: data.SIZE, leaf_hash: 'bGVhZg==', hashes: ['aGFzaA=='], checkpoint: data.ledger.checkpoint });
      if (id === 'entries') return items(data.entries(Number(q.get('from') ?? 0), limit));
      return json(res, state.empty ? { ...data.ledger, size: 0 } : data.ledger);
    default:
      return problem(res, 404, 'not found');
  }
}

function emptyOverview() {
  const o = data.overview();
  for (const k of Object.keys(o.data)) o.data[k] = 0;
  for (const k of Object.keys(o.money)) if (k !== 'currency') o.money[k] = 0;
  o.data.series = null;
  o.money.series = [];
  o.alerts = null;
  o.standings = { narrowed: 0, closed: 0 };
  o.ledger = { size: 0, checkpoint_size: 0, checkpoint_time: '0001-01-01T00:00:00Z' };
  return o;
}

function live(state, req, res) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  let tick = 0;
  const send = () => res.write(`event: tick\ndata: ${JSON.stringify(state.empty ? emptyOverview() : data.overview(++tick))}\n\n`);
  send();
  const timer = setInterval(send, 1000);
  req.on('close', () => clearInterval(timer));
}

// `node test/mock-server.mjs` shows the console with invented data.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await mock();
  console.log(`${url}  (demo / menshen-demo)`);
}
