import { Table, type TableProps } from 'antd';
import { Link } from 'react-router-dom';
import type { Alert } from '../api/types';
import { useSpeech } from '../i18n';
import { ActionWord, at, Id, SeverityTag, Time, TimeHead } from './bits';
import { Nothing } from './states';

export function AlertsTable({ alerts, loading, brief }: { alerts: Alert[]; loading?: boolean; brief?: boolean }) {
  const { t, say, f, name } = useSpeech();
  const columns: TableProps<Alert>['columns'] = [
    { key: 'severity', title: t('col.severity'), width: 84, render: (_, a) => <SeverityTag value={a.severity} /> },
    { key: 'time', title: <TimeHead sample={alerts[0]?.time} />, width: 176, responsive: ['md'], render: (_, a) => <Time at={a.time} /> },
    {
      key: 'message',
      title: t('col.message'),
      render: (_, a) => (
        <div className="alert-cell">
          <Link to={at.alert(a.alert)} className="sentence">
            {say(a.message) || name('rule', a.rule)}
          </Link>
          <div className="under-md muted">
            <Time at={a.time} /> {a.actor && <Id value={a.actor} to={at.account(a.actor)} />}
          </div>
        </div>
      ),
    },
    {
      key: 'actor',
      title: t('col.account'),
      width: 150,
      responsive: ['md'],
      render: (_, a) => (a.actor ? <Id value={a.actor} to={at.account(a.actor)} /> : <Id value={a.station || a.partner} />),
    },
    ...(brief
      ? []
      : ([
          { key: 'rule', title: t('col.rule'), width: 170, responsive: ['xl'], render: (_, a) => <span title={a.rule}>{name('rule', a.rule)}</span> },
          { key: 'odds', title: t('col.odds'), width: 110, align: 'right', responsive: ['lg'], render: (_, a) => <span className="num nowrap">{f.odds(a.odds)}</span> },
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
