'use strict';
// Invented people, the same for the same seed. Nobody here exists: mobiles and e-mails are of valid form, resident ids
// and bank cards carry right check digits, so that a detector has no excuse.

// Few, so that many masks of names are alike.
const SURNAMES = '王李张刘陈杨赵黄'.split('');
// Rare characters on purpose: a given name must not turn up in the page's own texts by chance.
const GIVEN = '彧翊晗珺玥璟琬翀煜旻昶颢懿婧嫣祎赟骞霁澍沁汐濛潆淼烨炘煊熠燚瑄珩'.split('');
const PROVINCES = [
  ['北京市', '北京市', '110105', '100020'], ['浙江省', '杭州市', '330106', '310013'], ['广东省', '深圳市', '440305', '518052'],
  ['四川省', '成都市', '510107', '610041'], ['湖北省', '武汉市', '420106', '430071'], ['陕西省', '西安市', '610113', '710061'],
];
const ROADS = ['武林路', '文三西路', '滨河大道', '天府三街', '珞喻路', '雁塔南路', '望京西园', '灵隐支路'];
const MOBILES = ['138', '139', '150', '159', '177', '186', '188', '199'];
const BINS = ['622202', '621700', '622588', '621661'];
const ROOMS = ['高楼层', '无烟房', '加床', '延迟退房', '双床'];
const REVIEWS = ['房间有异味，服务态度差，不会再来。', '隔音很差，前台推诿。', '位置不错，早餐一般。', '干净舒适，下次还来。', '非常满意。'];

// mulberry32: small, seeded, good enough for inventing people.
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function residentId(area, year, month, day, serial) {
  const body = `${area}${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}${String(serial).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((s, w, i) => s + w * Number(body[i]), 0);
  return body + '10X98765432'[sum % 11];
}

function luhn(body) {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    let d = Number(body[body.length - 1 - i]);
    if (i % 2 === 0) { d *= 2; if (d > 9) d -= 9; }
    sum += d;
  }
  return body + String((10 - (sum % 10)) % 10);
}

// people returns n invented customers.
exports.people = (n, seed) => {
  const next = random(seed);
  const int = (k) => Math.floor(next() * k);
  const pick = (list) => list[int(list.length)];
  const digits = (k) => Array.from({ length: k }, () => int(10)).join('');
  const taken = new Set();
  const unique = (make) => { let v; do v = make(); while (taken.has(v)); taken.add(v); return v; };

  return Array.from({ length: n }, (_, i) => {
    const lastName = pick(SURNAMES);
    const firstName = unique(() => pick(GIVEN) + pick(GIVEN));
    const [province, city, area, postalCode] = pick(PROVINCES);
    const phone = unique(() => pick(MOBILES) + digits(8));
    const id = unique(() => residentId(area, 1955 + int(50), 1 + int(12), 1 + int(28), int(1000)));
    const card = unique(() => luhn(pick(BINS) + digits(12)));
    const email = unique(() => `guest.${digits(7)}@example.${i % 3 ? 'com' : 'cn'}`);
    const street = `${pick(ROADS)}${1 + int(998)}号${1 + int(30)}幢${100 * (1 + int(28)) + int(20)}室`;
    const rating = 1 + int(5);
    return {
      lastName, firstName, fullName: lastName + firstName, phone, residentId: id, bankCard: card, email,
      province, city, postalCode, street, rating, review: REVIEWS[rating - 1],
      // Free text as desks write it: values of every kind in the middle of a sentence, some grouped by hand.
      remark: `客人要求${pick(ROOMS)}，联系电话${phone}，备用 ${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)}；`
        + `登记证件 ${id}，退款卡号 ${card.replace(/(\d{4})(?=\d)/g, '$1 ')}，发票寄 ${email}。`,
    };
  });
};
