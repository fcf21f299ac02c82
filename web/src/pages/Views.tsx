import { Button, Checkbox, Input } from 'antd';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { send, type ApiError } from '../api/client';
import { asError, usePages } from '../api/hooks';
import type { View } from '../api/types';
import { Page, useTitle } from '../components/bits';
import { Failure } from '../components/states';
import { ViewsTable } from '../components/ViewsTable';
import { useSpeech } from '../i18n';

// recorded is how the record names a customer, told from the back office's id.
const recorded = /^c-[0-9a-f]{32}$/;

export default function ViewsPage() {
  const { t } = useSpeech();
  useTitle(t('nav.views'));
  const [params, setParams] = useSearchParams();
  const subject = params.get('subject') ?? '';
  const actor = params.get('actor') ?? '';
  const odd = params.get('unexplained') === '1';
  const [failure, setFailure] = useState<ApiError>();
  const page = usePages<View>('/api/views', { subject, actor, unexplained: odd });

  // Each question is asked alone; a link may still ask both.
  const ask = (next: { subject?: string; actor?: string; unexplained?: boolean }) => {
    const q = new URLSearchParams();
    if (next.subject) q.set('subject', next.subject);
    if (next.actor) q.set('actor', next.actor);
    if (next.unexplained) q.set('unexplained', '1');
    setParams(q);
  };

  // The back office's id of a customer goes into no address.
  const askCustomer = async (typed: string) => {
    setFailure(undefined);
    try {
      const named = !typed || recorded.test(typed) ? typed : (await send<{ subject: string }>('POST', '/api/subject', { id: typed })).subject;
      ask({ subject: named, unexplained: odd });
    } catch (e) {
      setFailure(asError(e));
    }
  };

  const failed = failure ?? page.error;
  const asked = subject && actor ? t('views.asked_both', { subject, actor }) : subject ? t('views.asked_subject', { subject }) : actor ? t('views.asked_actor', { actor }) : t('views.asked_none');

  return (
    <Page title={t('nav.views')} note={t('views.note')}>
      <div className="questions" role="search">
        <Question label={t('views.who_saw')} placeholder={t('views.subject_placeholder')} value={subject} ask={askCustomer} />
        <Question label={t('views.what_saw')} placeholder={t('views.actor_placeholder')} value={actor} ask={(v) => ask({ actor: v, unexplained: odd })} />
        <Checkbox checked={odd} onChange={(e) => ask({ subject, actor, unexplained: e.target.checked })}>
          {t('views.only_unexplained')}
        </Checkbox>
      </div>
      <p className="asked" role="status">
        {asked}
        {(subject || actor) && (
          <Button size="small" type="link" onClick={() => ask({ unexplained: odd })}>
            {t('action.clear')}
          </Button>
        )}
      </p>
      {failed && (
        <div className="gap-below">
          <Failure error={failed} retry={failure ? undefined : page.reload} />
        </div>
      )}
      <div className="sheet">
        <ViewsTable views={page.items} loading={page.loading} />
      </div>
      {page.more && (
        <div className="more-button">
          <Button onClick={page.loadMore} loading={page.loading}>
            {t('action.older')}
          </Button>
        </div>
      )}
    </Page>
  );
}

function Question({ label, placeholder, value, ask }: { label: string; placeholder: string; value: string; ask: (v: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <label className="question">
      <span>{label}</span>
      <Input.Search
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
        onSearch={(v, _, info) => (info?.source === 'clear' ? ask('') : ask(v.trim()))}
        placeholder={placeholder}
        aria-label={label}
        allowClear
        enterButton
        spellCheck={false}
      />
    </label>
  );
}
