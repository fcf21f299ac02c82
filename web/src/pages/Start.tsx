import { ArrowRightOutlined, ExportOutlined } from '@ant-design/icons';
import { Button, Card, Table } from 'antd';
import { Link } from 'react-router-dom';
import type { Loaded } from '../api/hooks';
import { list } from '../api/client';
import type { Start } from '../api/types';
import { Id, Page, useTitle } from '../components/bits';
import { Await, Nothing } from '../components/states';
import { useSpeech } from '../i18n';

// Only web addresses and addresses of the console are followed.
function Go({ link, label }: { link: string; label: string }) {
  if (link.startsWith('/') && !link.startsWith('//')) {
    return (
      <Link to={link}>
        <Button icon={<ArrowRightOutlined />} iconPlacement="end" tabIndex={-1}>
          {label}
        </Button>
      </Link>
    );
  }
  if (!/^https?:\/\//.test(link)) return null;
  return (
    <Button href={link} target="_blank" rel="noreferrer" icon={<ExportOutlined />} iconPlacement="end">
      {label}
    </Button>
  );
}

export default function StartPage({ start }: { start: Loaded<Start> }) {
  const { t } = useSpeech();
  useTitle(t('nav.start'));
  return (
    <Page title={t('start.title')} note={t('start.note')}>
      <Await of={start}>{(s) => <Steps s={s} />}</Await>
    </Page>
  );
}

function Steps({ s }: { s: Start }) {
  const { t, say } = useSpeech();
  const steps = list(s.steps);
  const accounts = list(s.accounts);
  if (steps.length === 0) return <Nothing>{t('start.nothing')}</Nothing>;
  return (
    <div className="split">
      <ol className="steps">
        {steps.map((step, i) => (
          <li key={i}>
            <span className="step-number num" aria-hidden="true">
              {i + 1}
            </span>
            <div className="step-words">
              <h2>{say(step.title)}</h2>
              <p>{say(step.text)}</p>
              {step.link && <Go link={step.link} label={t(step.link.startsWith('/') ? 'start.open' : 'start.open_desk')} />}
            </div>
          </li>
        ))}
      </ol>
      <div className="stack">
        {s.desk_url && (
          <Card title={t('start.desk')}>
            <p>{t('start.desk_text')}</p>
            <Go link={s.desk_url} label={t('start.open_desk')} />
          </Card>
        )}
        {accounts.length > 0 && (
          <Card title={t('start.accounts')} styles={{ body: { padding: 0 } }}>
            <Table
              size="small"
              rowKey="user"
              pagination={false}
              dataSource={accounts}
              columns={[
                {
                  key: 'user',
                  title: t('start.user'),
                  render: (_, a) => (
                    <>
                      <Id value={a.user} />
                      <div className="muted small">{say(a.what)}</div>
                    </>
                  ),
                },
                { key: 'password', title: t('start.password'), render: (_, a) => <Id value={a.password} /> },
              ]}
            />
          </Card>
        )}
      </div>
    </div>
  );
}
