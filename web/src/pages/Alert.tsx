import { Card } from 'antd';
import { Link, useParams } from 'react-router-dom';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { AlertDetail } from '../api/types';
import { ActionWord, at, Figure, Id, Page, SeverityTag, StandingTag, Time, TimeHead, useTitle } from '../components/bits';
import { Grounds } from '../components/Grounds';
import { Await } from '../components/states';
import { ViewsTable } from '../components/ViewsTable';
import { useSpeech } from '../i18n';

export default function AlertPage() {
  const { t } = useSpeech();
  const { alert: id = '' } = useParams();
  const loaded = useApi<AlertDetail>(`/api/alerts/${encodeURIComponent(id)}`);
  useTitle(t('alert.title'));
  return (
    <Page
      title={t('alert.title')}
      note={
        <>
          <Link to="/alerts">{t('nav.alerts')}</Link> / <Id value={id} />
        </>
      }
    >
      <Await of={loaded}>{(d) => <Detail d={d} onLifted={loaded.reload} />}</Await>
    </Page>
  );
}

function Detail({ d, onLifted }: { d: AlertDetail; onLifted: () => void }) {
  const { t, say, f, name } = useSpeech();
  const a = d.alert;
  const owner = a.actor ? { scope: 'actor', id: a.actor } : a.station ? { scope: 'station', id: a.station } : { scope: 'partner', id: a.partner ?? '' };
  return (
    <>
      <Card className={`alert-head alert-${a.severity}`}>
        <p className="lead">
          <SeverityTag value={a.severity} /> {say(a.message)}
        </p>
        <div className="figures figures-facts">
          <Figure value={<Time at={a.time} />} label={<TimeHead sample={a.time} />} />
          <Figure value={<Id value={a.actor} to={a.actor ? at.account(a.actor) : undefined} />} label={t('col.account')} />
          <Figure value={<Id value={a.partner} />} label={t('col.partner')} />
          {a.station && <Figure value={<Id value={a.station} />} label={t('col.station')} />}
          <Figure value={<span title={a.rule}>{name('rule', a.rule)}</span>} label={t('col.rule')} />
          <Figure value={f.odds(a.odds)} label={t('col.odds')} hint={t('alert.odds_hint')} />
          <Figure value={<ActionWord value={a.action} />} label={t('col.action')} />
        </div>
      </Card>
      <Card
        title={
          <>
            {t('alert.standing')} <StandingTag value={d.standing?.standing} />
          </>
        }
      >
        <Grounds grounds={list(d.standing?.grounds)} owner={owner} onLifted={onLifted} />
      </Card>
      <Card title={t('alert.views', { n: list(d.views).length })} styles={{ body: { padding: 0 } }}>
        <ViewsTable views={list(d.views)} noActor empty={t('alert.no_views')} />
        {list(d.views).length === 0 && list(a.events).length > 0 && (
          <p className="padded">
            {t('alert.events')}{' '}
            {list(a.events).map((e) => (
              <span key={e} className="spaced">
                <Id value={e} />
              </span>
            ))}
          </p>
        )}
      </Card>
    </>
  );
}
