import { Button, Card } from 'antd';
import { Link } from 'react-router-dom';
import { list } from '../api/client';
import type { Overview } from '../api/types';
import { AlertsTable } from '../components/AlertsTable';
import { Bar, Figure, Page, Time, useTitle } from '../components/bits';
import { MoneyChart, ViewsChart } from '../components/charts';
import { Await } from '../components/states';
import { useSpeech } from '../i18n';
import { useLive } from '../live';

export default function OverviewPage() {
  const { t } = useSpeech();
  const live = useLive();
  useTitle(t('nav.overview'));
  const loaded = { data: live.overview, error: live.error, loading: !live.overview && !live.error, reload: live.reload };
  return (
    <Page
      title={t('nav.overview')}
      note={
        live.overview && (
          <>
            {t('overview.window')} <Time at={live.overview.start} /> – <Time at={live.overview.now} zone />
          </>
        )
      }
    >
      <Await of={loaded}>{(o) => <Both o={o} />}</Await>
    </Page>
  );
}

function Both({ o }: { o: Overview }) {
  const { t, f } = useSpeech();
  const { data: d, money: m } = o;
  const cash = (n: number) => <span title={f.money(n, m.currency)}>{f.moneyCompact(n, m.currency)}</span>;
  return (
    <>
      <div className="leaves">
        <section className="leaf leaf-data" aria-labelledby="leaf-data">
          <h2 id="leaf-data">
            {t('nav.data_door')} <span className="muted">{t('overview.data_line')}</span>
          </h2>
          <div className="figures">
            <Figure value={f.num(d.views)} label={t('figure.views')} />
            <Figure value={f.num(d.unexplained)} label={<Link to="/views?unexplained=1">{t('figure.unexplained')}</Link>} tone={d.unexplained > 0 ? 'bad' : undefined} />
            <Figure value={f.num(d.refused)} label={t('figure.refused')} tone={d.refused > 0 ? 'warn' : undefined} />
            <Figure value={f.num(d.masked_values)} label={t('figure.masked')} hint={t('figure.masked_hint')} />
            <Figure value={f.num(d.reveals)} label={t('figure.reveals')} hint={t('figure.reveals_hint')} />
            <Figure value={f.num(d.actors)} label={<Link to="/accounts">{t('figure.actors')}</Link>} />
          </div>
          <ViewsChart series={list(d.series)} />
        </section>
        <section className="leaf leaf-money" aria-labelledby="leaf-money">
          <h2 id="leaf-money">
            {t('nav.money_door')} <span className="muted">{t('overview.money_line')}</span>
          </h2>
          <div className="figures">
            <Figure value={cash(m.paid)} label={t('figure.paid')} />
            <Figure value={cash(m.held)} label={t('figure.held')} tone={m.held > 0 ? 'warn' : undefined} />
            <Figure value={cash(m.refunded)} label={t('figure.refunded')} />
            <Figure value={cash(m.advanced)} label={t('figure.advanced')} hint={t('figure.advanced_hint')} tone={m.advanced > 0 ? 'bad' : undefined} />
            <Figure value={cash(m.at_risk)} label={t('figure.at_risk')} hint={t('figure.at_risk_hint')} />
            <Figure value={f.num(m.merchants)} label={<Link to="/merchants">{t('figure.merchants')}</Link>} />
          </div>
          <MoneyChart series={list(m.series)} currency={m.currency} />
        </section>
      </div>
      <div className="split">
        <Card
          title={t('overview.alerts')}
          extra={<Link to="/alerts">{t('overview.all_alerts')}</Link>}
          styles={{ body: { padding: 0 } }}
        >
          <AlertsTable alerts={list(o.alerts)} brief />
        </Card>
        <div className="stack">
          <Card title={t('overview.standings')}>
            <div className="figures figures-two">
              <Figure
                value={f.num(o.standings.narrowed)}
                label={<Link to="/accounts?tab=doors">{t('standing.narrowed')}</Link>}
                tone={o.standings.narrowed > 0 ? 'warn' : undefined}
              />
              <Figure
                value={f.num(o.standings.closed)}
                label={<Link to="/accounts?tab=doors">{t('standing.closed')}</Link>}
                tone={o.standings.closed > 0 ? 'bad' : undefined}
              />
            </div>
          </Card>
          <LedgerCard o={o} />
        </div>
      </div>
    </>
  );
}

function LedgerCard({ o }: { o: Overview }) {
  const { t, f } = useSpeech();
  const l = o.ledger;
  const behind = Math.max(0, l.size - l.checkpoint_size);
  return (
    <Card
      title={t('nav.ledger')}
      extra={
        <Link to="/ledger">
          <Button size="small" tabIndex={-1}>
            {t('overview.check_ledger')}
          </Button>
        </Link>
      }
    >
      <Figure value={f.num(l.size)} label={t('ledger.entries')} />
      <div className="ledger-state">
        <Bar value={l.checkpoint_size} limit={Math.max(1, l.size)} label={t('ledger.signed_share')} tone="plain" />
        <p className="muted small">
          {behind === 0 ? t('ledger.all_signed') : t('ledger.behind', { n: f.num(behind) })}
          <br />
          {t('ledger.signed_at')} <Time at={l.checkpoint_time} zone />
        </p>
      </div>
    </Card>
  );
}
