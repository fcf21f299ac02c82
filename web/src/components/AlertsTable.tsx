import { Table, type TableProps } from 'antd';
import { Link } from 'react-router-dom';
import type { Alert } from '../api/types';
import { useSpeech } from '../i18n';
import { ActionWord, at, Id, SeverityTag, Time, TimeHead } from './bits';
import { Nothing } from './states';

function Who({ a }: { a: Alert }) {
  return a.actor ? <Id value={a.actor} to={at.account(a.actor)} /> : <Id value={a.station || a.partner} />;
}

// AlertsTable leads with the sentence. In its brief form, beside other things,
// time and account stand under it.
export function AlertsTable({ alerts, loading, brief }: { alerts: Alert[]; loading?: boolean; brief?: boolean }) {
  const { t, say, f, name } = useSpeech();
  const time = { key: 'time', title: <TimeHead sample={alerts[0]?.time} />, width: 172, responsive: ['md' as const], render: (_: unknown, a: Alert) => <Time at={a.time} /> };
  const message = {
    key: 'message',
    title: t('col.message'),
    render: (_: unknown, a: Alert) => (
      <>
        <Link to={at.alert(a.alert)} className="sentence">
          {say(a.message) || name('rule', a.rule)}
        </Link>
        <div className="small muted facts">
          <span className={brief ? '' : 'under-md'}>
            <Time at={a.time} />
          </span>
          <span className={brief ? '' : 'under-md'}>
            <Who a={a} />
          </span>
          {!brief && <span title={a.rule}>{name('rule', a.rule)}</span>}
        </div>
      </>
    ),
  };
  const columns: TableProps<Alert>['columns'] = [
    { key: 'severity', title: t('col.severity'), width: 78, render: (_, a) => <SeverityTag value={a.severity} /> },
    ...(brief ? [] : [time]),
    message,
    ...(brief
      ? []
      : ([
          { key: 'actor', title: t('col.account'), width: 140, responsive: ['md'], render: (_, a) => <Who a={a} /> },
          { key: 'odds', title: t('col.odds'), width: 112, align: 'right', responsive: ['lg'], render: (_, a) => <span className="num nowrap">{f.odds(a.odds)}</span> },
        ] satisfies TableProps<Alert>['columns'])),
    { key: 'action', title: t('col.action'), width: 96, responsive: ['sm'], render: (_, a) => <ActionWord value={a.action} /> },
  ];
  return (
    <Table<Alert>
      size="small"
      rowKey={(a) => `${a.index}-${a.alert}`}
      columns={columns}
      dataSource={alerts}
      loading={loading}
      pagination={false}
      rowClassName={(a) => `row-${a.severity}`}
      locale={{ emptyText: <Nothing>{t('alerts.nothing')}</Nothing> }}
    />
  );
}
