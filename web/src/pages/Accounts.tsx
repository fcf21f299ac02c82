import { Input, Segmented, Table, Tabs, type TableProps } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { Actor, Page as Items, StandingEntry } from '../api/types';
import { at, Id, Page, StandingTag, useTitle } from '../components/bits';
import { Grounds } from '../components/Grounds';
import { Await, Nothing } from '../components/states';
import { useSpeech } from '../i18n';

export default function AccountsPage() {
  const { t } = useSpeech();
  useTitle(t('nav.accounts'));
  const [params, setParams] = useSearchParams();
  const actors = useApi<Items<Actor>>('/api/actors');
  const doors = useApi<Items<StandingEntry>>('/api/standings');
  const shut = list(doors.data?.items);
  const lifted = () => {
    doors.reload();
    actors.reload();
  };
  return (
    <Page title={t('nav.accounts')} note={t('accounts.note')}>
      <Tabs
        activeKey={params.get('tab') === 'doors' ? 'doors' : 'all'}
        onChange={(k) => setParams(k === 'doors' ? { tab: 'doors' } : {})}
        items={[
          { key: 'all', label: t('accounts.all'), children: <Await of={actors}>{(p) => <ActorList actors={list(p.items)} />}</Await> },
          {
            key: 'doors',
            label: t('accounts.doors', { n: shut.length }),
            children: <Await of={doors}>{() => <Doors doors={shut} onLifted={lifted} />}</Await>,
          },
        ]}
      />
    </Page>
  );
}

type Filter = 'all' | 'open' | 'narrowed' | 'closed';

function ActorList({ actors }: { actors: Actor[] }) {
  const { t, f, name } = useSpeech();
  const [word, setWord] = useState('');
  const [standing, setStanding] = useState<Filter>('all');
  const needle = word.trim().toLowerCase();
  const shown = actors.filter(
    (a) =>
      (standing === 'all' || (a.standing || 'open') === standing) &&
      (!needle || [a.actor, a.partner, a.site, a.role, ...list(a.queues)].some((s) => s?.toLowerCase().includes(needle))),
  );
  const rank = { closed: 2, narrowed: 1, open: 0 };
  const columns: TableProps<Actor>['columns'] = [
    {
      key: 'actor',
      title: t('col.account'),
      sorter: (x, y) => x.actor.localeCompare(y.actor),
      render: (_, a) => (
        <>
          <Id value={a.actor} to={at.account(a.actor)} />
          <div className="under-md muted">{[a.partner, a.site].filter(Boolean).join(' · ')}</div>
        </>
      ),
    },
    { key: 'partner', title: t('col.partner'), responsive: ['md'], render: (_, a) => <span className="mono">{a.partner || '–'}</span> },
    { key: 'site', title: t('col.site'), responsive: ['lg'], render: (_, a) => <span className="mono">{a.site || '–'}</span> },
    { key: 'role', title: t('col.role'), responsive: ['lg'], render: (_, a) => name('role', a.role) },
    { key: 'queues', title: t('col.queues'), responsive: ['xl'], render: (_, a) => <span className="muted">{list(a.queues).join(', ') || '–'}</span> },
    { key: 'views', title: t('col.views'), align: 'right', responsive: ['sm'], sorter: (x, y) => x.views - y.views, render: (_, a) => <span className="num">{f.num(a.views)}</span> },
    {
      key: 'unexplained',
      title: t('col.unexplained'),
      align: 'right',
      sorter: (x, y) => x.unexplained - y.unexplained,
      render: (_, a) => (
        <span className={`num nowrap ${a.alerts > 0 ? 'bad' : a.unexplained > 0 ? '' : 'muted'}`}>
          {f.num(a.unexplained)}
          {a.unexplained >= a.views / 1000 && a.unexplained > 0 && <span className="muted small"> {f.percent(a.unexplained / a.views, 1)}</span>}
        </span>
      ),
    },
    {
      key: 'alerts',
      title: t('col.alerts'),
      align: 'right',
      defaultSortOrder: 'descend',
      sorter: (x, y) => x.alerts - y.alerts || x.unexplained - y.unexplained,
      render: (_, a) => <span className={`num ${a.alerts > 0 ? '' : 'muted'}`}>{f.num(a.alerts)}</span>,
    },
    { key: 'standing', title: t('col.standing'), width: 96, sorter: (x, y) => (rank[x.standing] ?? 0) - (rank[y.standing] ?? 0), render: (_, a) => <StandingTag value={a.standing} /> },
  ];
  return (
    <>
      <div className="filters" role="search">
        <Segmented<Filter>
          value={standing}
          onChange={setStanding}
          aria-label={t('col.standing')}
          options={(['all', 'open', 'narrowed', 'closed'] as const).map((v) => ({ value: v, label: v === 'all' ? t('filter.all') : name('standing', v) }))}
        />
        <Input.Search allowClear value={word} onChange={(e) => setWord(e.target.value)} placeholder={t('filter.account_or_partner')} aria-label={t('filter.account_or_partner')} className="filter-word" />
        <span className="muted small" role="status">
          {t('filter.shown', { n: shown.length, of: actors.length })}
        </span>
      </div>
      <div className="sheet">
        <Table<Actor>
          size="small"
          rowKey="actor"
          columns={columns}
          dataSource={shown}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          locale={{ emptyText: <Nothing>{t('accounts.nothing')}</Nothing> }}
        />
      </div>
    </>
  );
}

function Doors({ doors, onLifted }: { doors: StandingEntry[]; onLifted: () => void }) {
  const { t, name } = useSpeech();
  if (doors.length === 0) return <Nothing>{t('accounts.no_doors')}</Nothing>;
  return (
    <div className="sheet padded">
      {doors.map((d) => (
        <section key={`${d.scope}/${d.id}`} className="door">
          <h2>
            {name('scope', d.scope)} <Id value={d.id} to={d.scope === 'actor' ? at.account(d.id) : undefined} />
          </h2>
          <Grounds grounds={list(d.grounds)} owner={d} onLifted={onLifted} />
        </section>
      ))}
    </div>
  );
}
