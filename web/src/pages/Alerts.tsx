import { Button, Input, Segmented, Select } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { usePages } from '../api/hooks';
import type { Alert } from '../api/types';
import { AlertsTable } from '../components/AlertsTable';
import { Page, useTitle } from '../components/bits';
import { Failure } from '../components/states';
import { useSpeech } from '../i18n';
import { useLive } from '../live';

type Level = 'all' | 'high' | 'medium' | 'low';

export default function AlertsPage() {
  const { t, name, say } = useSpeech();
  useTitle(t('nav.alerts'));
  const page = usePages<Alert>('/api/alerts', {});
  const [level, setLevel] = useState<Level>('all');
  const [rule, setRule] = useState<string>();
  const [word, setWord] = useState('');

  // A new alert reloads the list, unless older pages have been opened.
  const newest = useLive().overview?.alerts?.[0]?.alert;
  const seen = useRef(newest);
  const { reload } = page;
  const paged = page.items.length > 50;
  useEffect(() => {
    if (newest && seen.current && newest !== seen.current && !paged) reload();
    seen.current = newest;
  }, [newest, paged, reload]);

  const rules = useMemo(() => [...new Set(page.items.map((a) => a.rule))].sort(), [page.items]);
  const needle = word.trim().toLowerCase();
  const shown = page.items.filter(
    (a) =>
      (level === 'all' || a.severity === level) &&
      (!rule || a.rule === rule) &&
      (!needle || [a.actor, a.partner, a.station, a.alert, say(a.message)].some((s) => s?.toLowerCase().includes(needle))),
  );

  return (
    <Page title={t('nav.alerts')} note={t('alerts.note')}>
      <div className="filters" role="search">
        <Segmented<Level>
          value={level}
          onChange={setLevel}
          aria-label={t('col.severity')}
          options={(['all', 'high', 'medium', 'low'] as const).map((v) => ({ value: v, label: v === 'all' ? t('filter.all') : name('severity', v) }))}
        />
        <Select
          allowClear
          value={rule}
          onChange={setRule}
          placeholder={t('filter.any_rule')}
          aria-label={t('col.rule')}
          className="filter-rule"
          options={rules.map((r) => ({ value: r, label: name('rule', r) }))}
        />
        <Input.Search allowClear value={word} onChange={(e) => setWord(e.target.value)} placeholder={t('filter.account_or_word')} aria-label={t('filter.account_or_word')} className="filter-word" />
        <span className="muted small" role="status">
          {t('filter.shown', { n: shown.length, of: page.items.length })}
        </span>
      </div>
      {page.error && (
        <div className="gap-below">
          <Failure error={page.error} retry={page.reload} />
        </div>
      )}
      <div className="sheet">
        <AlertsTable alerts={shown} loading={page.loading} />
      </div>
      {page.more && (
        <div className="more-button">
          <Button onClick={page.loadMore} loading={page.loading}>
            {t('action.older')}
          </Button>
        </div>
      )}
    </Page>
  );
}
