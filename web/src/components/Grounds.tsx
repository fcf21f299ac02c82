import { App, Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { ApiError, send } from '../api/client';
import type { Ground } from '../api/types';
import { useSpeech } from '../i18n';
import { at, Id, StandingTag, Time } from './bits';
import { Nothing, useErrorText } from './states';
import { Link } from 'react-router-dom';

type Owner = { scope: string; id: string };

// Grounds lists why a door is not open, each with the way to lift it.
export function Grounds({ grounds, owner, onLifted }: { grounds: Ground[]; owner: Owner; onLifted: () => void }) {
  const { t, say, name } = useSpeech();
  if (grounds.length === 0) return <Nothing>{t('grounds.nothing')}</Nothing>;
  return (
    <ul className="grounds">
      {grounds.map((g) => {
        const scope = g.scope || owner.scope;
        const id = g.id || owner.id;
        const cause = name('cause', g.cause);
        const known = cause !== g.cause;
        return (
          <li key={`${scope}/${id}/${g.cause}`}>
            <div className="ground-words">
              <div>
                <StandingTag value={g.standing} /> <span className="sentence">{say(g.reason) || cause}</span>
              </div>
              <div className="muted small ground-facts">
                <span>
                  {name('scope', scope)} <Id value={id} to={scope === 'actor' ? at.account(id) : undefined} />
                </span>
                <span>
                  {t('grounds.cause')} {known ? cause : <Link to={at.alert(g.cause)} className="mono">{g.cause}</Link>}
                </span>
                <span>
                  {t('grounds.since')} <Time at={g.since} zone />
                </span>
                <span>
                  {t('grounds.until')} {g.until ? <Time at={g.until} zone /> : t('grounds.until_lifted')}
                </span>
                {g.by && (
                  <span>
                    {t('grounds.by')} {g.by}
                  </span>
                )}
              </div>
            </div>
            <Lift scope={scope} id={id} cause={g.cause} onLifted={onLifted} />
          </li>
        );
      })}
    </ul>
  );
}

// Lift takes one ground away. The note is the person's own words and goes into
// the ledger with their name.
export function Lift({ scope, id, cause, onLifted }: { scope: string; id: string; cause: string; onLifted: () => void }) {
  const { t, name } = useSpeech();
  const { message } = App.useApp();
  const sayError = useErrorText();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [form] = Form.useForm<{ note: string }>();

  const lift = async ({ note }: { note: string }) => {
    setBusy(true);
    setError(undefined);
    try {
      await send('POST', '/api/standings/lift', { scope, id, cause, note: note.trim() });
      setOpen(false);
      message.success(t('lift.done'));
      onLifted();
    } catch (e) {
      setError(e instanceof ApiError ? e : new ApiError(0, 'unreachable'));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {t('lift.button')}
      </Button>
      <Modal
        open={open}
        title={t('lift.title')}
        okText={t('lift.confirm')}
        cancelText={t('action.cancel')}
        confirmLoading={busy}
        onCancel={() => setOpen(false)}
        onOk={form.submit}
        destroyOnHidden
        afterClose={() => setError(undefined)}
        width={480}
      >
        <p>
          {name('scope', scope)} <span className="mono">{id}</span>
        </p>
        <Form form={form} layout="vertical" onFinish={lift} preserve={false} requiredMark={false}>
          <Form.Item name="note" label={t('lift.note')} extra={t('lift.note_hint')} rules={[{ required: true, whitespace: true, min: 4, message: t('lift.note_missing') }]}>
            <Input.TextArea autoFocus rows={3} maxLength={2000} showCount aria-required="true" />
          </Form.Item>
        </Form>
        {error && (
          <p className="bad" role="alert">
            {sayError(error)} {error.detail}
          </p>
        )}
      </Modal>
    </>
  );
}
