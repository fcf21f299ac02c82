import { CheckCircleFilled, CloseCircleFilled, DownloadOutlined } from '@ant-design/icons';
import { App, Button, Card, InputNumber, Pagination, Table, Tag, type TableProps } from 'antd';
import { useEffect, useState } from 'react';
import { ApiError, get, list, query, send } from '../api/client';
import { useApi } from '../api/hooks';
import type { LedgerEntry, LedgerReport, LedgerState, Page as Items } from '../api/types';
import { Figure, Id, Page, Time, TimeHead, useTitle } from '../components/bits';
import { Await, Failure, Nothing, useErrorText } from '../components/states';
import { useSpeech } from '../i18n';
import { saveJson } from '../lib/save';
import { Typography } from 'antd';

const PAGE = 25;

export default function LedgerPage() {
  const { t } = useSpeech();
  useTitle(t('nav.ledger'));
  const loaded = useApi<LedgerState>('/api/ledger');
  return (
    <Page title={t('nav.ledger')} note={t('ledger.note')}>
      <Await of={loaded}>
        {(l) => (
          <>
            <div className="split split-even">
              <State l={l} />
              <Verify />
            </div>
            <Entries size={l.size} reload={loaded.reload} />
          </>
        )}
      </Await>
    </Page>
  );
}

function State({ l }: { l: LedgerState }) {
  const { t, f } = useSpeech();
  return (
    <Card title={t('ledger.checkpoint')}>
      <div className="figures figures-facts">
        <Figure value={f.num(l.size)} label={t('ledger.entries')} />
        <Figure value={<Id value={l.origin} />} label={t('ledger.origin')} />
      </div>
      <p className="muted small">{t('ledger.checkpoint_hint')}</p>
      <Typography.Paragraph className="note" copyable={{ text: l.checkpoint, tooltips: [t('action.copy'), t('action.copied')] }}>
        <pre tabIndex={0} aria-label={t('ledger.checkpoint')}>
          {l.checkpoint}
        </pre>
      </Typography.Paragraph>
      <dl className="pairs">
        <dt>{t('ledger.verifier')}</dt>
        <dd className="break">
          <Id value={l.verifier} />
        </dd>
      </dl>
    </Card>
  );
}

function Verify() {
  const { t, f } = useSpeech();
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<LedgerReport>();
  const [error, setError] = useState<ApiError>();
  const verify = async () => {
    setBusy(true);
    setError(undefined);
    setReport(undefined);
    try {
      setReport(await send<LedgerReport>('POST', '/api/ledger/verify'));
    } catch (e) {
      setError(e instanceof ApiError ? e : new ApiError(0, 'unreachable'));
    } finally {
      setBusy(false);
    }
  };
  const problems = list(report?.problems);
  return (
    <Card title={t('ledger.verify_title')}>
      <p>{t('ledger.verify_text')}</p>
      <Button type="primary" onClick={verify} loading={busy}>
        {t('ledger.verify')}
      </Button>
      <div aria-live="polite" className="verdict">
        {error && <Failure error={error} retry={verify} />}
        {report && (
          <>
            <p className={`lead ${report.ok ? 'good' : 'bad'}`}>
              {report.ok ? <CheckCircleFilled /> : <CloseCircleFilled />}{' '}
              {t(report.ok ? 'ledger.verified' : 'ledger.broken', { n: f.num(report.size), s: report.seconds.toFixed(2) })}
            </p>
            {problems.length > 0 && (
              <ul className="reasons mono">
                {problems.map((p, i) => (
                  <li key={i}>{p}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
      <p className="muted small">{t('ledger.verify_self')}</p>
      <pre className="command" tabIndex={0}>
        menshen ledger verify -data DIR
      </pre>
    </Card>
  );
}

// Entries pages backwards from the newest entry.
function Entries({ size, reload }: { size: number; reload: () => void }) {
  const { t, f, name } = useSpeech();
  const { message } = App.useApp();
  const sayError = useErrorText();
  const [page, setPage] = useState(1);
  const [wanted, setWanted] = useState<number | null>(null);
  const [open, setOpen] = useState<readonly React.Key[]>([]);
  const to = Math.max(0, size - (page - 1) * PAGE);
  const from = Math.max(0, to - PAGE);
  const loaded = useApi<Items<LedgerEntry>>(size > 0 ? `/api/ledger/entries${query({ from: String(from), limit: Math.max(1, to - from) })}` : undefined);
  const rows = list(loaded.data?.items).toReversed();

  useEffect(() => setOpen((o) => (wanted === null ? [] : o)), [page, wanted]);

  const find = () => {
    if (wanted === null) return;
    const index = Math.min(Math.max(0, wanted), size - 1);
    setPage(Math.floor((size - 1 - index) / PAGE) + 1);
    setOpen([index]);
  };

  const prove = async (index: number) => {
    try {
      saveJson(`menshen-proof-${index}.json`, await get<unknown>(`/api/ledger/entries/${index}/proof`));
    } catch (e) {
      message.error(e instanceof ApiError ? sayError(e) : t('error.internal'));
    }
  };

  const columns: TableProps<LedgerEntry>['columns'] = [
    { key: 'index', title: '#', width: 92, align: 'right', render: (_, e) => <span className="num mono">{e.index}</span> },
    { key: 'time', title: <TimeHead sample={rows[0]?.time} />, width: 176, responsive: ['md'], render: (_, e) => <Time at={e.time} /> },
    {
      key: 'type',
      title: t('col.type'),
      render: (_, e) => (
        <>
          <Tag className="flat" variant="outlined">
            {name('type', e.type)}
          </Tag>{' '}
          <span className="mono small muted">{e.type}</span>
          <div className="under-md">
            <Time at={e.time} />
          </div>
        </>
      ),
    },
    { key: 'id', title: t('col.event'), responsive: ['sm'], render: (_, e) => <Id value={e.id} short /> },
    {
      key: 'proof',
      title: t('ledger.proof'),
      width: 96,
      render: (_, e) => (
        <Button size="small" icon={<DownloadOutlined />} onClick={() => void prove(e.index)} aria-label={t('ledger.proof_of', { n: e.index })}>
          JSON
        </Button>
      ),
    },
  ];

  return (
    <Card
      title={t('ledger.browse')}
      extra={
        <span className="inline-form">
          <InputNumber
            size="small"
            min={0}
            max={Math.max(0, size - 1)}
            precision={0}
            controls={false}
            value={wanted}
            onChange={setWanted}
            onPressEnter={find}
            placeholder={t('ledger.index')}
            aria-label={t('ledger.index')}
          />
          <Button size="small" onClick={find} disabled={wanted === null}>
            {t('action.go')}
          </Button>
          <Button size="small" onClick={reload}>
            {t('action.refresh')}
          </Button>
        </span>
      }
      styles={{ body: { padding: 0 } }}
    >
      {loaded.error && (
        <div className="padded">
          <Failure error={loaded.error} retry={loaded.reload} />
        </div>
      )}
      <Table<LedgerEntry>
        size="small"
        rowKey="index"
        columns={columns}
        dataSource={rows}
        loading={loaded.loading}
        pagination={false}
        expandable={{
          columnWidth: 32,
          expandedRowKeys: open,
          onExpandedRowsChange: setOpen,
          expandedRowRender: (e) => <Line line={e.line} />,
        }}
        locale={{ emptyText: <Nothing>{t('ledger.nothing')}</Nothing> }}
      />
      {size > PAGE && (
        <div className="pager">
          <Pagination size="small" current={page} pageSize={PAGE} total={size} onChange={setPage} showSizeChanger={false} showTotal={(n) => t('ledger.total', { n: f.num(n) })} />
        </div>
      )}
    </Card>
  );
}

function Line({ line }: { line: string }) {
  let shown = line;
  try {
    shown = JSON.stringify(JSON.parse(line), null, 2);
  } catch {
    /* shown as it is */
  }
  return (
    <pre className="json" tabIndex={0}>
      {shown}
    </pre>
  );
}
