import { Tag, Tooltip, Typography } from 'antd';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Link } from 'react-router-dom';
import { useSpeech } from '../i18n';

// Page is the frame of every page: title, what it is about, actions.
export function Page({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="page">
      <div className="page-head">
        <div className="page-words">
          <h1>{title}</h1>
          {note && <p className="page-note">{note}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Menshen`;
  }, [title]);
}

// Id shows an identifier as it is, to read, follow and copy.
export function Id({ value, to, short }: { value: string | undefined | null; to?: string; short?: boolean }) {
  const { t } = useSpeech();
  if (!value) return <span className="muted">–</span>;
  const shown = short && value.length > 18 ? `${value.slice(0, 8)}…${value.slice(-6)}` : value;
  return (
    <Typography.Text
      className="id"
      title={shown === value ? undefined : value}
      copyable={{ text: value, tooltips: [t('action.copy'), t('action.copied')] }}
    >
      {to ? <Link to={to}>{shown}</Link> : shown}
    </Typography.Text>
  );
}

export const at = {
  alert: (id: string) => `/alerts/${encodeURIComponent(id)}`,
  account: (id: string) => `/accounts/${encodeURIComponent(id)}`,
  merchant: (id: string) => `/merchants/${encodeURIComponent(id)}`,
  subject: (id: string) => `/views?subject=${encodeURIComponent(id)}`,
  actorViews: (id: string) => `/views?actor=${encodeURIComponent(id)}`,
};

export function Time({ at: value, zone }: { at: string | undefined | null; zone?: boolean }) {
  const { f } = useSpeech();
  const shown = f.time(value);
  if (!value || shown === '–') return <span className="muted">–</span>;
  return (
    <time dateTime={value} title={`${shown} ${f.zone(value)}`} className="num nowrap">
      {shown}
      {zone && <span className="muted"> {f.zone(value)}</span>}
    </time>
  );
}

// TimeHead heads a column of times and says in which zone they are.
export function TimeHead({ sample }: { sample?: string }) {
  const { t, f } = useSpeech();
  return (
    <span className="nowrap">
      {t('col.time')} <span className="zone">{f.zone(sample)}</span>
    </span>
  );
}

const severityColor: Record<string, string> = { high: 'error', medium: 'warning', low: 'default' };

export function SeverityTag({ value }: { value: string }) {
  const { name } = useSpeech();
  return (
    <Tag className="flat" color={severityColor[value] ?? 'default'}>
      {name('severity', value)}
    </Tag>
  );
}

const standingColor: Record<string, string> = { open: 'success', narrowed: 'warning', closed: 'error' };

export function StandingTag({ value }: { value: string | undefined | null }) {
  const { name, t } = useSpeech();
  const v = value || 'open';
  const hint = v === 'narrowed' ? t('standing.narrowed_hint') : v === 'closed' ? t('standing.closed_hint') : undefined;
  return (
    <Tooltip title={hint}>
      <Tag className="flat" color={standingColor[v] ?? 'default'}>
        {name('standing', v)}
      </Tag>
    </Tooltip>
  );
}

export function ActionWord({ value }: { value: string | undefined }) {
  const { name } = useSpeech();
  const v = value || 'alert';
  return <span className={v === 'close' ? 'bad' : v === 'narrow' ? 'warn' : 'muted'}>{name('does', v)}</span>;
}

export function ExplainedTag({ value }: { value: boolean }) {
  const { t } = useSpeech();
  return (
    <Tag className="flat" color={value ? 'default' : 'error'}>
      {t(value ? 'view.explained' : 'view.unexplained')}
    </Tag>
  );
}

// Figure is one number with its name under it.
export function Figure({ value, label, tone, hint }: { value: ReactNode; label: ReactNode; tone?: 'bad' | 'warn' | 'good'; hint?: ReactNode }) {
  return (
    <div className="figure">
      <div className={`figure-value num ${tone ?? ''}`}>{value}</div>
      <div className="figure-label">
        {hint ? (
          <Tooltip title={hint}>
            <span className="hinted" tabIndex={0}>
              {label}
            </span>
          </Tooltip>
        ) : (
          label
        )}
      </div>
    </div>
  );
}

// Bar shows a share of a limit; past the limit it is full and red.
export function Bar({ value, limit, label, tone }: { value: number; limit: number; label: string; tone?: 'plain' }) {
  const share = limit > 0 ? value / limit : value > 0 ? 1 : 0;
  const level = tone ?? (share > 1 || (limit <= 0 && value > 0) ? 'over' : share > 0.8 ? 'near' : 'within');
  return (
    <div
      className="bar"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, Math.round(share * 100))}
    >
      <div className={`bar-fill bar-${level}`} style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
    </div>
  );
}
