// Numbers, money and times as both languages write them. Money comes in minor
// units; how many there are to the unit is the currency's own.

export type Format = {
  num: (n: number | undefined | null) => string;
  compact: (n: number) => string;
  money: (minor: number | undefined | null, currency: string) => string;
  moneyCompact: (minor: number, currency: string) => string;
  percent: (share: number, digits?: number) => string;
  odds: (n: number | undefined | null) => string;
  time: (t: string | undefined | null) => string;
  day: (t: string | undefined | null) => string;
  zone: (t?: string | null) => string;
};

const NONE = '–';

export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

function currencyFormat(locale: string, currency: string, compact: boolean): Intl.NumberFormat {
  const size: Intl.NumberFormatOptions = compact ? { notation: 'compact', maximumFractionDigits: 1, minimumFractionDigits: 0 } : {};
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, ...size });
  } catch {
    return new Intl.NumberFormat(locale, { minimumFractionDigits: compact ? 0 : 2, maximumFractionDigits: compact ? 1 : 2, ...size });
  }
}

function parse(t: string | undefined | null): Date | undefined {
  if (!t || t.startsWith('0001-01-01')) return undefined; // Go's zero time
  const d = new Date(t);
  return Number.isNaN(d.getTime()) ? undefined : d;
}

const pad = (n: number) => String(n).padStart(2, '0');

function isoDay(d: Date): string {
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

function zoneOf(d: Date): string {
  const minutes = -d.getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
}

export function makeFormat(locale: string): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const small = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const currencies = new Map<string, Intl.NumberFormat>();
  const inCurrency = (currency: string, compact: boolean) => {
    const key = currency + (compact ? '~' : '');
    let f = currencies.get(key);
    if (!f) currencies.set(key, (f = currencyFormat(locale, currency, compact)));
    return f;
  };
  const unit = (minor: number, currency: string) => minor / 10 ** minorDigits(currency);

  return {
    num: (n) => (n === undefined || n === null ? NONE : whole.format(n)),
    compact: (n) => small.format(n),
    money: (minor, currency) =>
      minor === undefined || minor === null ? NONE : inCurrency(currency, false).format(unit(minor, currency)),
    moneyCompact: (minor, currency) => inCurrency(currency, true).format(unit(minor, currency)),
    percent: (share, digits = 0) =>
      new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share),
    odds: (n) => (!n ? NONE : `${n >= 1e6 ? small.format(n) : n >= 10 ? whole.format(n) : String(Math.round(n * 10) / 10)} : 1`),
    time: (t) => {
      const d = parse(t);
      return d ? `${isoDay(d)} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}` : NONE;
    },
    // A bare date is a date wherever it is read.
    day: (t) => {
      if (t && /^\d{4}-\d{2}-\d{2}$/.test(t)) return t;
      const d = parse(t);
      return d ? isoDay(d) : NONE;
    },
    zone: (t) => zoneOf(parse(t) ?? new Date()),
  };
}

// axisLabels writes a series' times as short as their span allows.
export function axisLabels(times: string[]): string[] {
  const dates = times.map((t) => new Date(t));
  const first = dates[0];
  const last = dates[dates.length - 1];
  if (!first || !last) return times;
  const step = dates.length > 1 ? (last.getTime() - first.getTime()) / (dates.length - 1) : 0;
  const span = last.getTime() - first.getTime();
  return dates.map((d, i) => {
    if (Number.isNaN(d.getTime())) return times[i] ?? '';
    const day = `${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
    const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
    if (step >= 20 * 3600e3) return day;
    if (step < 60e3 && step > 0) return `${clock}:${pad(d.getSeconds())}`;
    return span > 24 * 3600e3 ? `${day} ${clock}` : clock;
  });
}
