import { Table, Tag, type TableProps } from 'antd';
import type { SubjectViewed, View } from '../api/types';
import { list } from '../api/client';
import { useSpeech } from '../i18n';
import { at, ExplainedTag, Id, Time, TimeHead } from './bits';
import { Nothing } from './states';

const SHOWN = 4;

function Subject({ s }: { s: SubjectViewed }) {
  const { t, name } = useSpeech();
  const fields = Object.entries(s.fields ?? {});
  const raw = fields.filter(([, how]) => how === 'raw').map(([k]) => name('class', k));
  const masked = fields.filter(([, how]) => how !== 'raw').map(([k]) => name('class', k));
  const attributes = Object.entries(s.attributes ?? {});
  return (
    <div className="subject">
      {s.subject ? <Id value={s.subject} to={at.subject(s.subject)} short /> : <span className="muted">{t('view.no_subject')}</span>}
      {raw.length > 0 && (
        <Tag className="flat" color="error">
          {t('view.raw')} {raw.join(' · ')}
        </Tag>
      )}
      {masked.length > 0 && (
        <span className="muted small" title={t('view.masked')}>
          {masked.join(' · ')}
        </span>
      )}
      {attributes.length > 0 && <span className="small">{attributes.map(([k, v]) => `${name('attribute', k)} ${String(v)}`).join(' · ')}</span>}
    </div>
  );
}

export function ViewsTable({ views, loading, noActor, empty }: { views: View[]; loading?: boolean; noActor?: boolean; empty?: string }) {
  const { t, name } = useSpeech();
  const columns: TableProps<View>['columns'] = [
    {
      key: 'time',
      title: <TimeHead sample={views[0]?.time} />,
      width: 172,
      render: (_, v) => (
        <>
          <Time at={v.time} />
          <div className="under-md">
            {!noActor && <Id value={v.actor} to={at.account(v.actor)} />} <ExplainedTag value={v.explained} />
          </div>
        </>
      ),
    },
    ...(noActor
      ? []
      : ([{ key: 'actor', title: t('col.account'), width: 132, responsive: ['md'], render: (_, v) => <Id value={v.actor} to={at.account(v.actor)} /> }] satisfies TableProps<View>['columns'])),
    {
      key: 'subjects',
      title: t('col.customers'),
      render: (_, v) => {
        const all = list(v.subjects);
        return (
          <div className="subjects">
            {all.slice(0, SHOWN).map((s, i) => (
              <Subject key={`${s.subject}-${i}`} s={s} />
            ))}
            {all.length > SHOWN && <span className="muted small">{t('view.more_subjects', { n: all.length - SHOWN })}</span>}
          </div>
        );
      },
    },
    { key: 'kind', title: t('col.kind'), width: 90, responsive: ['md'], render: (_, v) => <span className={v.kind === 'reveal' ? 'bad' : ''}>{name('kind', v.kind)}</span> },
    {
      key: 'reason',
      title: t('col.reason'),
      width: 136,
      responsive: ['lg'],
      render: (_, v) =>
        v.reason ? (
          <span className="nowrap">
            {name('reason', v.reason.kind)} <Id value={v.reason.id} short />
          </span>
        ) : (
          <span className="muted">{t('view.no_reason')}</span>
        ),
    },
    { key: 'explained', title: t('col.explained'), width: 104, responsive: ['md'], render: (_, v) => <ExplainedTag value={v.explained} /> },
    { key: 'station', title: t('col.station'), width: 110, responsive: ['xxl'], render: (_, v) => <Id value={v.station} /> },
  ];
  return (
    <Table<View>
      size="small"
      rowKey={(v) => `${v.index}-${v.id}`}
      columns={columns}
      dataSource={views}
      loading={loading}
      pagination={false}
      rowClassName={(v) => (v.explained ? '' : 'row-odd')}
      expandable={{
        expandedRowRender: (v) => <ViewMore v={v} />,
        columnWidth: 32,
      }}
      locale={{ emptyText: <Nothing>{empty ?? t('views.nothing')}</Nothing> }}
    />
  );
}

function ViewMore({ v }: { v: View }) {
  const { t, name } = useSpeech();
  const all = list(v.subjects);
  return (
    <div className="more">
      <dl className="pairs">
        <dt>{t('col.event')}</dt>
        <dd>
          <Id value={v.id} /> <span className="muted">#{v.index}</span>
        </dd>
        <dt>{t('col.endpoint')}</dt>
        <dd className="mono">{v.endpoint || '–'}</dd>
        <dt>{t('col.partner')}</dt>
        <dd>
          <Id value={v.partner} />
        </dd>
        <dt>{t('col.station')}</dt>
        <dd>
          <Id value={v.station} />
        </dd>
        <dt>{t('col.reason')}</dt>
        <dd>{v.reason ? `${name('reason', v.reason.kind)} ${v.reason.id}` : t('view.no_reason')}</dd>
      </dl>
      {all.length > SHOWN && (
        <div className="subjects subjects-many">
          {all.map((s, i) => (
            <Subject key={`${s.subject}-${i}`} s={s} />
          ))}
        </div>
      )}
    </div>
  );
}
