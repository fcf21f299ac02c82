import { Alert, Button, Card, Table, type TableProps } from 'antd';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { Trace, TraceAccount, TraceSet } from '../api/types';
import { at, Bar, Figure, Id, Page, useTitle } from '../components/bits';
import { Await, Nothing } from '../components/states';
import { useSpeech } from '../i18n';

export default function TracePage() {
  const { t } = useSpeech();
  useTitle(t('nav.trace'));
  const loaded = useApi<Trace>('/api/trace');
  return (
    <Page title={t('nav.trace')} note={t('trace.note')} actions={<Button onClick={loaded.reload}>{t('action.again')}</Button>}>
      <Await of={loaded}>{(r) => <Answer r={r} />}</Await>
    </Page>
  );
}

function Chance({ value }: { value: number }) {
  const { t, f } = useSpeech();
  const shown = value > 0.999 ? '> 99.9%' : f.percent(value, 1);
  return (
    <div className="chance">
      <Bar value={value} limit={1} label={t('trace.probability')} tone="plain" />
      <span className="num">{shown}</span>
    </div>
  );
}

function Answer({ r }: { r: Trace }) {
  const { t, f, lang } = useSpeech();
  const accounts = list(r.accounts);
  const sets = list(r.sets);
  const adviceZh = list(r.advice_zh);
  const advice = lang === 'zh' && adviceZh.length > 0 ? adviceZh : list(r.advice);
  if (accounts.length === 0 && advice.length === 0) return <Nothing>{t('trace.nothing')}</Nothing>;

  const columns: TableProps<TraceAccount>['columns'] = [
    { key: 'actor', title: t('col.account'), render: (_, a) => <Id value={a.actor} to={at.account(a.actor)} /> },
    { key: 'probability', title: t('trace.probability'), width: 260, render: (_, a) => <Chance value={a.probability} /> },
    { key: 'subjects', title: t('trace.harmed_seen'), width: 130, align: 'right', responsive: ['sm'], render: (_, a) => <span className="num">{f.num(list(a.subjects).length)}</span> },
    { key: 'views', title: t('trace.views_behind'), width: 130, align: 'right', responsive: ['md'], render: (_, a) => <span className="num">{f.num(list(a.views).length)}</span> },
  ];
  const setColumns: TableProps<TraceSet>['columns'] = [
    {
      key: 'actors',
      title: t('trace.together'),
      render: (_, s) =>
        list(s.actors).map((a) => (
          <span key={a} className="spaced">
            <Id value={a} to={at.account(a)} />
          </span>
        )),
    },
    { key: 'probability', title: t('trace.probability'), width: 200, render: (_, s) => <Chance value={s.probability} /> },
  ];
  return (
    <>
      {advice.length > 0 && (
        <Alert
          className="gap-below"
          type="info"
          showIcon
          title={t('trace.advice')}
          description={
            <ul className="reasons">
              {advice.map((a, i) => (
                <li key={i}>{a}</li>
              ))}
            </ul>
          }
        />
      )}
      <div className="split">
        <Card title={t('trace.accounts')} styles={{ body: { padding: 0 } }}>
          <Table<TraceAccount>
            size="small"
            rowKey="actor"
            columns={columns}
            dataSource={accounts}
            pagination={{ pageSize: 25, hideOnSinglePage: true, showSizeChanger: false }}
            expandable={{ columnWidth: 32, expandedRowRender: (a) => <Evidence a={a} /> }}
            locale={{ emptyText: <Nothing>{t('trace.no_accounts')}</Nothing> }}
          />
        </Card>
        <div className="stack">
          <Card title={t('trace.unexplained')}>
            <Figure value={f.percent(r.unexplained, 0)} label={t('trace.unexplained_hint')} tone={r.unexplained > 0.5 ? 'warn' : undefined} />
          </Card>
          <Card title={t('trace.sets')} styles={{ body: { padding: 0 } }}>
            <Table<TraceSet>
              size="small"
              rowKey={(s) => list(s.actors).join('+')}
              columns={setColumns}
              dataSource={sets}
              pagination={false}
              locale={{ emptyText: <Nothing>{t('trace.no_sets')}</Nothing> }}
            />
          </Card>
        </div>
      </div>
    </>
  );
}

function Evidence({ a }: { a: TraceAccount }) {
  const { t } = useSpeech();
  return (
    <dl className="pairs">
      <dt>{t('trace.harmed_seen')}</dt>
      <dd>
        {list(a.subjects).map((s) => (
          <span key={s} className="spaced">
            <Id value={s} to={`/views?subject=${encodeURIComponent(s)}&actor=${encodeURIComponent(a.actor)}`} short />
          </span>
        ))}
      </dd>
      <dt>{t('trace.views_behind')}</dt>
      <dd>
        {list(a.views).map((v) => (
          <span key={v} className="spaced">
            <Id value={v} short />
          </span>
        ))}
      </dd>
    </dl>
  );
}
