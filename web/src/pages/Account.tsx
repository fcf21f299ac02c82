import { Card } from 'antd';
import { Link, useParams } from 'react-router-dom';
import { list } from '../api/client';
import { useApi } from '../api/hooks';
import type { ActorDetail } from '../api/types';
import { at, Figure, Id, Page, StandingTag, useTitle } from '../components/bits';
import { DaysChart } from '../components/charts';
import { Grounds } from '../components/Grounds';
import { Await } from '../components/states';
import { ViewsTable } from '../components/ViewsTable';
import { useSpeech } from '../i18n';

export default function AccountPage() {
  const { t } = useSpeech();
  const { actor = '' } = useParams();
  const loaded = useApi<ActorDetail>(`/api/actors/${encodeURIComponent(actor)}`);
  useTitle(actor);
  return (
    <Page
      title={<Id value={actor} />}
      note={
        <>
          <Link to="/accounts">{t('nav.accounts')}</Link> / {actor}
        </>
      }
    >
      <Await of={loaded}>{(d) => <Detail d={d} onLifted={loaded.reload} />}</Await>
    </Page>
  );
}

function Detail({ d, onLifted }: { d: ActorDetail; onLifted: () => void }) {
  const { t, f, name } = useSpeech();
  return (
    <>
      <div className="split split-even">
        <Card
          title={
            <>
              {t('col.standing')} <StandingTag value={d.standing} />
            </>
          }
        >
          <div className="figures figures-facts">
            <Figure value={f.num(d.views)} label={t('col.views')} />
            <Figure value={f.num(d.unexplained)} label={t('col.unexplained')} tone={d.unexplained > 0 ? 'bad' : undefined} />
            <Figure value={f.num(d.alerts)} label={t('col.alerts')} />
          </div>
          <dl className="pairs">
            <dt>{t('col.partner')}</dt>
            <dd>
              <Id value={d.partner} />
            </dd>
            <dt>{t('col.site')}</dt>
            <dd>
              <Id value={d.site} />
            </dd>
            <dt>{t('col.role')}</dt>
            <dd>{name('role', d.role)}</dd>
            <dt>{t('col.queues')}</dt>
            <dd>{list(d.queues).join(', ') || '–'}</dd>
          </dl>
        </Card>
        <Card title={t('account.days')}>
          <DaysChart days={list(d.days)} />
        </Card>
      </div>
      <Card title={t('account.grounds')}>
        <Grounds grounds={list(d.grounds)} owner={{ scope: 'actor', id: d.actor }} onLifted={onLifted} />
      </Card>
      <Card title={t('account.views')} extra={<Link to={at.actorViews(d.actor)}>{t('account.all_views')}</Link>} styles={{ body: { padding: 0 } }}>
        <ViewsTable views={list(d.recent)} noActor />
      </Card>
    </>
  );
}
