import { createHash } from 'node:crypto';
// Invented answers of the API, enough to fill every page. Times are fixed, so
// that a page looks the same on every run.

const NOW = Date.parse('2026-03-20T18:00:00+08:00');
const hour = 3600e3;
const iso = (ms) => new Date(ms).toISOString();
const ago = (h) => iso(NOW - h * hour);

// A small generator with a fixed seed: varied, and the same every time.
function dice(seed) {
  let x = seed;
  return (n) => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return Math.floor((x / 2147483648) * n);
  };
}

const alertTexts = {
  'unexplained-selectivity': {
    zh: '账号 agent-017 在 19 天里查看了 23 位写过差评的客户，手上没有他们的工单；同组同事平均不到 1 位。',
    en: 'Account agent-017 viewed 23 customers with bad reviews in 19 days without holding a ticket of theirs; colleagues in its queues average under 1.',
  },
  'reveal-under-camera': {
    zh: '工位 st-4 的摄像头在查看明文 7 分钟后发现手机。',
    en: 'The camera at station st-4 saw a phone 7 minutes after a raw reveal.',
  },
  'claimed-reason-mismatch': {
    zh: '账号 agent-022 引用了工单 t-118，该工单属于另一位坐席。',
    en: 'Account agent-022 claimed ticket t-118, which is held by another agent.',
  },
  'canary-viewed': {
    zh: '账号 agent-031 查看了诱饵客户 c-9001。',
    en: 'Account agent-031 viewed decoy customer c-9001.',
  },
};
const alertRows = [
  ['unexplained-selectivity', 'high', 'agent-017', 'bpo-2', undefined, 412000, 'narrow'],
  ['reveal-under-camera', 'high', 'agent-019', 'bpo-2', 'st-4', undefined, 'narrow'],
  ['claimed-reason-mismatch', 'low', 'agent-022', 'bpo-1', undefined, undefined, 'alert'],
  ['canary-viewed', 'high', 'agent-031', 'bpo-3', undefined, 1e7, 'close'],
  ['unexplained-selectivity', 'medium', 'agent-018', 'bpo-2', undefined, 3150.4, 'alert'],
];

export function alerts(n) {
  return Array.from({ length: n }, (_, i) => {
    const [rule, severity, actor, partner, station, odds, action] = alertRows[i % alertRows.length];
    return {
      index: 9000 - i * 7,
      time: ago(1 + i * 5),
      alert: `al-${(0x7f3a2c + i * 7919).toString(16)}`,
      rule,
      severity,
      actor,
      partner,
      ...(station && { station }),
      ...(odds && { odds }),
      events: ['a-101', 'a-102'],
      action,
      message: alertTexts[rule],
    };
  });
}

// subjectOf names a customer as the record does: a hash of the back office's id.
export const subjectOf = (id) => `c-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;

export function views(n, { actor, subject, unexplained } = {}) {
  const roll = dice(7);
  return Array.from({ length: n }, (_, i) => {
    const odd = unexplained || roll(4) === 0;
    const kind = ['detail', 'list', 'search', 'reveal'][roll(4)];
    return {
      index: 8900 - i * 3,
      id: `a-${100 + i}`,
      time: ago(0.4 + i * 0.7),
      actor: actor ?? `agent-0${17 + roll(9)}`,
      partner: `bpo-${1 + roll(3)}`,
      kind,
      endpoint: 'GET /api/orders/{id}',
      subjects: Array.from({ length: kind === 'list' ? 6 : 1 }, (_, k) => ({
        subject: subject && k === 0 ? subject : `h:${(0x51aa0 + i * 977 + k * 13).toString(16)}c0ffee8d21`,
        fields: kind === 'reveal' ? { phone: 'raw' } : { name: 'masked', phone: 'masked' },
        attributes: { rating: 1 + roll(5), queue: 'hotel-cn' },
      })),
      ...(odd ? {} : { reason: { kind: 'ticket', id: `t-${80 + i}` } }),
      explained: !odd,
      station: `st-${1 + roll(6)}`,
    };
  });
}

const grounds = [
  { scope: 'actor', id: 'agent-017', cause: alerts(1)[0].alert, standing: 'narrowed', since: ago(1), reason: alertTexts['unexplained-selectivity'] },
  {
    scope: 'partner', id: 'bpo-2', cause: 'training_overdue', standing: 'narrowed', since: ago(60), until: iso(NOW + 40 * hour),
    reason: { zh: '服务商 bpo-2 有 3 人的月度安全培训逾期。', en: 'Three people of bpo-2 are overdue with their monthly security training.' },
  },
];

export const standings = [
  { scope: 'actor', id: 'agent-017', standing: 'narrowed', grounds: [grounds[0]] },
  { scope: 'partner', id: 'bpo-2', standing: 'narrowed', grounds: [grounds[1]] },
  {
    scope: 'station', id: 'st-4', standing: 'closed',
    grounds: [{ scope: 'station', id: 'st-4', cause: 'storage_attached', standing: 'closed', since: ago(3), until: iso(NOW + 5 * hour), reason: { zh: '工位 st-4 接入了移动存储。', en: 'Removable storage was attached at station st-4.' } }],
  },
];

export function overview(tick = 0) {
  const roll = dice(42);
  const series = Array.from({ length: 48 }, (_, i) => {
    const busy = 60 + Math.round(50 * Math.sin((i / 24) * Math.PI * 2 - 1.5));
    return { t: ago(48 - i), explained: busy * 4 + roll(60), unexplained: roll(5) + (i > 34 && i < 40 ? 6 : 0), refused: roll(9) === 0 ? roll(6) : 0 };
  });
  const money = Array.from({ length: 48 }, (_, i) => ({ t: ago(48 - i), paid: 900000 + roll(2200000), held: 150000 + roll(600000) + (i > 30 ? 400000 : 0), refunded: roll(380000) }));
  return {
    now: iso(NOW + tick * 1000),
    start: ago(24 * 60),
    data: { views: 184213 + tick * 3, masked_values: 912004 + tick * 11, reveals: 1822, refused: 47, unexplained: 391, actors: 64, series },
    money: { currency: 'CNY', requested: 9834120055, paid: 8120443090, held: 1713676965, refunded: 310022840, advanced: 2200000, at_risk: 184000000, merchants: 118, series: money },
    alerts: alerts(10),
    standings: { narrowed: 2, closed: 1 },
    ledger: { size: 412883 + tick * 4, checkpoint_size: 412880 + tick * 4, checkpoint_time: iso(NOW + tick * 1000 - 800) },
  };
}

export const actors = Array.from({ length: 24 }, (_, i) => ({
  actor: `agent-0${10 + i}`,
  partner: `bpo-${1 + (i % 3)}`,
  site: ['hefei-1', 'chengdu-2', 'nantong-1'][i % 3],
  role: i % 9 === 8 ? 'supervisor' : 'agent',
  queues: i % 2 ? ['hotel-cn'] : ['hotel-cn', 'hotel-intl'],
  views: 2200 + ((i * 379) % 1900),
  unexplained: i === 7 ? 48 : i === 8 ? 21 : i % 3,
  alerts: i === 7 ? 2 : i === 8 ? 1 : 0,
  standing: i === 7 ? 'narrowed' : i === 21 ? 'closed' : 'open',
}));

export function actor(id) {
  const a = actors.find((x) => x.actor === id);
  if (!a) return undefined;
  const days = Array.from({ length: 30 }, (_, i) => ({
    day: iso(NOW - (29 - i) * 24 * hour).slice(0, 10),
    explained: i % 7 > 4 ? 0 : 70 + ((i * 13) % 25),
    unexplained: i % 7 > 4 ? 0 : a.alerts && i > 8 ? 1 + (i % 3) : i % 11 === 0 ? 1 : 0,
  }));
  return { ...a, grounds: a.standing === 'open' ? [] : grounds, days, recent: views(12, { actor: id }) };
}

const ringOf = (i) => (i >= 2 && i < 14 ? 'ring-4c81e2' : undefined);
const shop = (i) => `m-${301 + i}`;

export const merchants = Array.from({ length: 30 }, (_, i) => ({
  merchant: shop(i),
  category: ringOf(i) ? 'jewellery' : ['clothing', 'electronics', 'home', 'toys'][i % 4],
  country: i % 5 === 4 && !ringOf(i) ? 'JP' : 'CN',
  opened: ago(24 * (20 + i * 9)),
  currency: i % 5 === 4 && !ringOf(i) ? 'JPY' : 'CNY',
  balance: 30000 + ((i * 7919771) % 24000000),
  refundable: 8000 + ((i * 5417711) % 18000000),
  collateral: 3000000,
  advanced: i === 3 ? 2200000 : 0,
  at_risk: ringOf(i) ? 900000 - i * 20000 : (i * 31337) % 800000,
  line: ringOf(i) ? 1000000 : i === 20 ? 0 : 2000000,
  paid: (i * 99991733) % 900000000,
  held: ringOf(i) ? 8999000 : 0,
  ...(ringOf(i) && { ring: ringOf(i), ring_line: 1000000, ring_at_risk: 930000 }),
  ...(i !== 5 && { decision: ringOf(i) ? (i % 3 ? 'hold_all' : 'hold_part') : i === 20 ? 'deny' : 'pay' }),
}));

const ring = {
  ring: 'ring-4c81e2',
  merchants: Array.from({ length: 12 }, (_, i) => shop(i + 2)),
  buyers: Array.from({ length: 31 }, (_, i) => `b-${i}`),
  links: Array.from({ length: 18 }, (_, i) => ({
    a: shop(2 + (i % 12)), b: shop(2 + ((i * 5 + 1) % 12)), by: ['buyers', 'device', 'bank_account', 'phone', 'address'][i % 5], weight: 1.2 + ((i * 7) % 30) / 10,
  })).filter((l) => l.a !== l.b),
  score: 7.1,
};

const cny = (amount) => ({ amount, currency: 'CNY' });
export function merchant(id) {
  const m = merchants.find((x) => x.merchant === id);
  if (!m) return undefined;
  const held = m.ring
    ? [{ code: 'ring_line', zh: '这些店铺由同一团伙控制，合计额度已用尽，款项暂扣至退款期结束。', en: 'These shops are run as one and their common line is used up; the money is held until the refund windows close.' }]
    : [];
  const decisions = [
    { index: 8801, time: ago(5), type: 'decision.payout', data: { request: 'pr-91', merchant: id, decision: m.ring ? 'hold_part' : 'pay', pay: cny(1200000), hold: cny(m.ring ? 7799000 : 0), ...(m.ring && { until: iso(NOW + 12 * 24 * hour) }), bound_by: m.ring ? 'ring' : 'none', reasons: held, inputs: { balance: 8999000, refundable: 9000000, collateral: 3000000, advanced: 0, line: 1000000, ring: m.ring ?? null, ...(m.ring && { evidence: [{ name: 'same_signature_places', value: 0.8, log_odds: 2.9 }, { name: 'linked_shops', value: 1, log_odds: 2.78 }], rules: [{ rule: 'asks-without-end', aggregates: { asked: 101 } }] }) } } },
    { index: 8700, time: ago(30), type: 'decision.refund', data: { refund: 'rf-14', order: 'o-771', merchant: id, decision: 'refund', from_balance: 20000, from_collateral: 879900, advance: 0, reasons: [] } },
    { index: 7700, time: ago(300), type: 'decision.merchant', data: { merchant: id, decision: m.ring ? 'admit_more_collateral' : 'admit', reasons: m.ring ? [{ code: 'shared_device', zh: '申请所用设备与另一家店铺相同。', en: 'The application came from the same device as another shop.' }] : [] } },
  ];
  return { merchant: m, ...(m.ring && { ring }), decisions };
}

export const trace = {
  accounts: [
    { actor: 'agent-017', probability: 0.9996, subjects: ['h:51aa0c0ffee', 'h:51e71c0ffee', 'h:52242c0ffee'], views: ['a-101', 'a-102', 'a-140'] },
    { actor: 'agent-018', probability: 0.91, subjects: ['h:51aa0c0ffee', 'h:62242c0ffee'], views: ['a-201', 'a-244'] },
    { actor: 'agent-022', probability: 0.064, subjects: ['h:51aa0c0ffee'], views: ['a-301'] },
    { actor: 'agent-030', probability: 0.004, subjects: [], views: [] },
  ],
  sets: [{ actors: ['agent-017', 'agent-018'], probability: 0.906 }, { actors: ['agent-017'], probability: 0.07 }],
  unexplained: 0.12,
  advice: ['One more complaint of a customer seen by agent-018 but not by agent-017 would settle whether it leaked too.'],
  advice_zh: ['再有一位 agent-018 看过而 agent-017 没看过的客户投诉，就能判断它是否也泄露了。'],
};

export const SIZE = 412883;
export const ledger = {
  origin: 'menshen.example/demo',
  verifier: 'menshen.example/demo+5f0c1b2a+AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVv',
  size: SIZE,
  checkpoint: `menshen.example/demo\n${SIZE}\nqk0yXcU3l1cQ1tG5m3X4n2Zf7e0K9Yb8h6J2w1V0uTs=\n\n— menshen.example/demo XwwbKlF9m0c0k2U1n5b3V7r8q9W2e4T6y8U0i2O4p6A8s0D2f4G6h8J0k2L4z6X8c0V2b4N6m8Q=\n`,
};

export function entries(from, limit) {
  const types = ['access.viewed', 'reason.opened', 'order.paid', 'decision.payout', 'alert.raised', 'harm.reported'];
  return Array.from({ length: Math.max(0, Math.min(limit, SIZE - from)) }, (_, i) => {
    const index = from + i;
    const type = types[index % types.length];
    const id = `ev-${index.toString(16)}`;
    const time = iso(NOW - (SIZE - index) * 4000);
    return { index, id, type, time, line: JSON.stringify({ specversion: '1.0', id, source: 'desk', type, time, data: { actor: 'agent-017', subjects: [{ subject: 'h:51aa0c0ffee' }] } }) };
  });
}

export const start = {
  demo: true,
  desk_url: 'http://127.0.0.1:8081/',
  steps: [
    ['先看坐席看到的', 'See what an agent sees', '打开客服后台，用坐席账号登录：姓名和电话都是遮住的，联系客人走中间号。', 'Open the back office as an agent: names and numbers are masked, and calls go through a proxy number.', 'http://127.0.0.1:8081/'],
    ['看门口发生了什么', 'Watch both doors', '总览把两扇门放在一起：出去的数据，出去的钱。', 'The overview shows both doors side by side: data going out, money going out.', '/overview'],
    ['看谁不对劲', 'See who stands out', '两个账号混在每天八十次正常查看里，每天多看一位差评客户。', 'Two accounts each take one bad-review customer a day, hidden among eighty ordinary views.', '/alerts'],
    ['由投诉倒推', 'Trace the complaints back', '十几个投诉就足以指出是谁。', 'A dozen complaints are enough to name them.', '/trace'],
    ['看钱为什么没出去', 'See why the money stayed', '十二家店其实是一家，共用一条额度。', 'Twelve shops are one, and share one line.', '/merchants'],
  ].map(([zh, en, textZh, textEn, link]) => ({ title: { zh, en }, text: { zh: textZh, en: textEn }, link })),
  accounts: [
    { user: 'demo', password: 'menshen-demo', what: { zh: '控制台：风控分析员', en: 'Console: risk analyst' } },
    { user: 'agent-001', password: 'agent-demo', what: { zh: '客服后台：坐席', en: 'Back office: agent' } },
  ],
};
