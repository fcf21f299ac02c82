import { Card, Table, type TableProps } from 'antd';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { Decision, Merchant, MerchantDetail, Ring } from '../api/types';
import { at, Figure, Id, Page, Time, TimeHead, useTitle } from '../components/bits';
import { RingChart } from '../components/charts';
import { DecisionTag, RiskBar } from '../components/money';
import { Await, Nothing } from '../components/states';
import { useSpeech } from '../i18n';

export default function MerchantPage() {
  const { t } = useSpeech();
  const { merchant = '' } = useParams();
  const loaded = useApi<MerchantDetail>(`/api/merchants/${encodeURIComponent(merchant)}`);
  useTitle(merchant);
  return (
    <Page
      title={<Id value={merchant} />}
      note={
        <>
          <Link to="/merchants">{t('nav.merchants')}</Link> / {merchant}
        </>
      }
    >
      <Await of={loaded}>
        {(d) => (
          <>
            <Account m={d.merchant} />
            {d.ring && <RingCard ring={d.ring} self={d.merchant.merchant} />}
            <Decisions decisions={list(d.decisions)} currency={d.merchant.currency} />
          </>
        )}
      </Await>
    </Page>
  );
}

function Account({ m }: { m: Merchant }) {
  const { t, f, name } = useSpeech();
  const cash = (n: number) => f.money(n, m.currency);
  return (
    <Card
      title={t('merchant.account')}
      extra={
        <span className="muted small">
          {[m.category && name('category', m.category), m.country, m.opened && t('merchant.opened', { day: f.day(m.opened) })].filter(Boolean).join(' · ')}
        </span>
      }
    >
      <div className="figures figures-facts">
        <Figure value={cash(m.balance)} label={t('col.balance')} hint={t('hint.balance')} />
        <Figure value={cash(m.refundable)} label={t('col.refundable')} hint={t('hint.refundable')} />
        <Figure value={cash(m.collateral)} label={t('col.collateral')} />
        <Figure value={cash(m.advanced)} label={t('col.advanced')} tone={m.advanced > 0 ? 'bad' : undefined} hint={t('figure.advanced_hint')} />
        <Figure value={cash(m.paid)} label={t('figure.paid')} />
        <Figure value={cash(m.held)} label={t('figure.held')} tone={m.held > 0 ? 'warn' : undefined} />
        <Figure value={<DecisionTag value={m.decision} />} label={t('col.last_decision')} />
      </div>
      <div className="risks">
        <div>
          <span className="figure-label">{t('merchant.risk')}</span>
          <RiskBar m={m} />
        </div>
        {m.ring && m.ring_line !== undefined && (
          <div>
            <span className="figure-label">{t('merchant.ring_risk')}</span>
            <RiskBar m={m} whole />
          </div>
        )}
      </div>
    </Card>
  );
}

function RingCard({ ring, self }: { ring: Ring; self: string }) {
  const { t, name } = useSpeech();
  const go = useNavigate();
  const members = list(ring.merchants);
  const own = list(ring.links).toSorted((x, y) => y.weight - x.weight);
  return (
    <Card
      title={
        <>
          {t('col.ring')} <Id value={ring.ring} short />
        </>
      }
      extra={<span className="muted small">{t('ring.facts', { n: members.length, buyers: list(ring.buyers).length, score: ring.score.toFixed(1) })}</span>}
    >
      <p className="muted">{t('ring.note')}</p>
      <div className="split split-even">
        <RingChart ring={ring} self={self} onPick={(m) => members.includes(m) && go(at.merchant(m))} />
        <div>
          <h3>{t('ring.members')}</h3>
          <p className="members">
            {members.map((m) => (
              <span key={m} className="spaced">
                {m === self ? <span className="mono strong">{m}</span> : <Link to={at.merchant(m)} className="mono">{m}</Link>}
              </span>
            ))}
          </p>
          <h3>{t('ring.links')}</h3>
          <Table
            size="small"
            rowKey={(l) => `${l.a}/${l.b}/${l.by}`}
            dataSource={own}
            pagination={{ pageSize: 8, size: 'small', hideOnSinglePage: true, showSizeChanger: false }}
            locale={{ emptyText: <Nothing>{t('ring.no_links')}</Nothing> }}
            columns={[
              { key: 'pair', title: t('ring.pair'), render: (_, l) => <span className="mono nowrap">{`${l.a} – ${l.b}`}</span> },
              { key: 'by', title: t('ring.by'), render: (_, l) => name('link', l.by) },
              { key: 'weight', title: t('ring.weight'), align: 'right', render: (_, l) => <span className="num">{l.weight.toFixed(1)}</span> },
            ]}
          />
        </div>
      </div>
    </Card>
  );
}

function Reasons({ d }: { d: Decision }) {
  const { lang } = useSpeech();
  const reasons = list(d.data.reasons);
  if (reasons.length === 0) return <span className="muted">–</span>;
  return (
    <>
      <ul className="reasons">
        {reasons.map((r, i) => (
          <li key={`${r.code}-${i}`} title={r.code}>
            {r[lang] || r.en || r.zh || r.code}
          </li>
        ))}
      </ul>
      <Grounds d={d} />
    </>
  );
}

// Grounds is what the reasons do not tell the merchant: the evidence, with what each adds
// to the log-odds of a fraud, and what the pack's own rules counted.
function Grounds({ d }: { d: Decision }) {
  const { t, name } = useSpeech();
  const grounds = [
    ...list(d.data.inputs?.evidence).map((e) => `${name('evidence', e.name)} +${e.log_odds.toFixed(1)}`),
    ...list(d.data.inputs?.rules).map((r) => [r.rule, ...Object.entries(r.aggregates ?? {}).map(([k, v]) => `${k} ${v}`)].join(' ')),
  ];
  if (grounds.length === 0) return null;
  return (
    <div className="muted small">
      {t('decision.grounds')}: {grounds.join(' · ')}
    </div>
  );
}

// Outcome says what was decided and where the money goes.
function Outcome({ d, currency }: { d: Decision; currency: string }) {
  const { t, f, name } = useSpeech();
  const x = d.data;
  const part = (label: string, amount: number | undefined, of = currency) => (amount ? [`${label} ${f.money(amount, of)}`] : []);
  const sums = [
    ...part(t('decision.paid'), x.pay?.amount, x.pay?.currency),
    ...part(t('decision.held'), x.hold?.amount, x.hold?.currency),
    ...part(t('decision.from_order'), x.from_order),
    ...part(t('decision.from_balance'), x.from_balance),
    ...part(t('decision.from_collateral'), x.from_collateral),
    ...part(t('decision.advance'), x.advance),
  ];
  return (
    <>
      <DecisionTag value={x.decision} />
      {x.bound_by && x.bound_by !== 'none' && <span className="small"> {name('bound', x.bound_by)}</span>}
      {sums.map((s) => (
        <div key={s} className="num small">
          {s}
        </div>
      ))}
      {x.until && (
        <div className="muted small">
          {t('decision.until')} <Time at={x.until} />
        </div>
      )}
    </>
  );
}

function Decisions({ decisions, currency }: { decisions: Decision[]; currency: string }) {
  const { t, name } = useSpeech();
  const what = (d: Decision) => (
    <>
      <Time at={d.time} />
      <div className="muted small">
        {name('type', d.type)} {(d.data.request || d.data.refund) && <Id value={d.data.request || d.data.refund} short />}
      </div>
    </>
  );
  const columns: TableProps<Decision>['columns'] = [
    { key: 'time', title: <TimeHead sample={decisions[0]?.time} />, width: 190, responsive: ['md'], render: (_, d) => what(d) },
    {
      key: 'decision',
      title: t('col.decision'),
      width: 250,
      render: (_, d) => (
        <>
          <div className="under-md">{what(d)}</div>
          <Outcome d={d} currency={currency} />
          <div className="under-md">{list(d.data.reasons).length > 0 && <Reasons d={d} />}</div>
        </>
      ),
    },
    { key: 'reasons', title: t('col.reasons'), responsive: ['md'], render: (_, d) => <Reasons d={d} /> },
  ];
  return (
    <Card title={t('merchant.decisions')} styles={{ body: { padding: 0 } }}>
      <Table<Decision>
        size="small"
        rowKey="index"
        dataSource={decisions}
        columns={columns}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: <Nothing>{t('merchant.no_decisions')}</Nothing> }}
      />
    </Card>
  );
}
