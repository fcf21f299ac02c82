import { Tag } from 'antd';
import type { Merchant } from '../api/types';
import { useSpeech } from '../i18n';
import { Bar } from './bits';

const colors: Record<string, string> = {
  pay: 'success',
  admit: 'success',
  refund: 'success',
  hold_part: 'warning',
  hold_all: 'warning',
  review: 'warning',
  admit_more_collateral: 'warning',
  deny: 'error',
  refuse: 'error',
};

export function DecisionTag({ value }: { value: string | undefined | null }) {
  const { name } = useSpeech();
  if (!value) return <span className="muted">–</span>;
  return (
    <Tag className="flat" color={colors[value] ?? 'default'}>
      {name('decision', value)}
    </Tag>
  );
}

// RiskBar shows what would be lost now against what may be: by this merchant,
// or by the whole of its ring.
export function RiskBar({ m, whole }: { m: Merchant; whole?: boolean }) {
  const { t, f } = useSpeech();
  const atRisk = whole ? (m.ring_at_risk ?? 0) : m.at_risk;
  const limit = whole ? (m.ring_line ?? 0) : m.line;
  const risk = f.money(atRisk, m.currency);
  const line = f.money(limit, m.currency);
  return (
    <div className="risk" title={t('merchant.risk_of_line', { risk, line })}>
      <Bar value={atRisk} limit={limit} label={t('merchant.risk_of_line', { risk, line })} />
      <div className="risk-words small num">
        <span className={atRisk > limit ? 'bad' : ''}>{f.moneyCompact(atRisk, m.currency)}</span>
        <span className="muted"> / {f.moneyCompact(limit, m.currency)}</span>
      </div>
    </div>
  );
}

export function RingTag({ m }: { m: Merchant }) {
  if (!m.ring) return null;
  return (
    <Tag className="flat" color="error" title={m.ring}>
      {m.ring.length > 14 ? `${m.ring.slice(0, 12)}…` : m.ring}
    </Tag>
  );
}
