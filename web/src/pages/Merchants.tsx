import { Checkbox, Input, Table, type TableProps } from 'antd';
import { useState } from 'react';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { Merchant, Page as Items } from '../api/types';
import { at, Bar, Id, Page, useTitle } from '../components/bits';
import { DecisionTag, RingTag, RiskBar } from '../components/money';
import { Await, Nothing } from '../components/states';
import { useSpeech } from '../i18n';

export default function MerchantsPage() {
  const { t } = useSpeech();
  useTitle(t('nav.merchants'));
  const loaded = useApi<Items<Merchant>>('/api/merchants');
  return (
    <Page title={t('nav.merchants')} note={t('merchants.note')}>
      <Await of={loaded}>{(p) => <Shops merchants={list(p.items)} />}</Await>
    </Page>
  );
}

function Shops({ merchants }: { merchants: Merchant[] }) {
  const { t, f, name } = useSpeech();
  const [word, setWord] = useState('');
  const [rings, setRings] = useState(false);
  const needle = word.trim().toLowerCase();
  const shown = merchants.filter(
    (m) => (!rings || m.ring) && (!needle || [m.merchant, m.category, m.country, m.ring].some((s) => s?.toLowerCase().includes(needle))),
  );
  const cash = (key: 'balance' | 'refundable' | 'collateral' | 'advanced' | 'held', responsive: ('sm' | 'md' | 'lg' | 'xl' | 'xxl')[], bad?: boolean) => ({
    key,
    title: t(`col.${key}`),
    align: 'right' as const,
    responsive,
    sorter: (x: Merchant, y: Merchant) => x[key] - y[key],
    render: (_: unknown, m: Merchant) => <span className={`num nowrap ${m[key] === 0 ? 'muted' : bad ? 'bad' : ''}`}>{f.money(m[key], m.currency)}</span>,
  });
  const columns: TableProps<Merchant>['columns'] = [
    {
      key: 'merchant',
      title: t('col.merchant'),
      sorter: (x, y) => x.merchant.localeCompare(y.merchant),
      render: (_, m) => (
        <>
          <Id value={m.merchant} to={at.merchant(m.merchant)} />
          <div className="muted small">
            {[m.category && name('category', m.category), m.country].filter(Boolean).join(' · ')}
          </div>
          <div className="under-md">
            <RingTag m={m} /> <DecisionTag value={m.decision} />
          </div>
        </>
      ),
    },
    cash('balance', ['md']),
    cash('refundable', ['lg']),
    cash('collateral', ['xl']),
    cash('held', ['lg']),
    cash('advanced', ['xl'], true),
    {
      key: 'at_risk',
      title: t('col.at_risk'),
      width: 190,
      defaultSortOrder: 'descend',
      sorter: (x, y) => x.at_risk - y.at_risk,
      render: (_, m) => <RiskBar m={m} />,
    },
    { key: 'ring', title: t('col.ring'), width: 100, responsive: ['md'], render: (_, m) => (m.ring ? <RingTag m={m} /> : <span className="muted">–</span>) },
    { key: 'decision', title: t('col.last_decision'), width: 120, responsive: ['md'], render: (_, m) => <DecisionTag value={m.decision} /> },
  ];
  return (
    <>
      <div className="filters" role="search">
        <Input.Search allowClear value={word} onChange={(e) => setWord(e.target.value)} placeholder={t('filter.merchant')} aria-label={t('filter.merchant')} className="filter-word" />
        <Checkbox checked={rings} onChange={(e) => setRings(e.target.checked)}>
          {t('filter.only_rings')}
        </Checkbox>
        <span className="muted small" role="status">
          {t('filter.shown', { n: shown.length, of: merchants.length })}
        </span>
      </div>
      <div className="sheet">
        <Table<Merchant>
          size="small"
          rowKey="merchant"
          columns={columns}
          dataSource={shown}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          locale={{ emptyText: <Nothing>{t('merchants.nothing')}</Nothing> }}
        />
      </div>
      <p className="muted small legend-line">
        <span className="legend-bar">
          <Bar value={6} limit={10} label={t('col.at_risk')} />
        </span>
        {t('merchants.bar_hint')}
      </p>
    </>
  );
}
