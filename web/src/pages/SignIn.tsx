import { Button, Card, Form, Input } from 'antd';
import { useState } from 'react';
import { ApiError } from '../api/client';
import { useApi } from '../api/hooks';
import type { Start } from '../api/types';
import { list } from '../api/client';
import { useTitle } from '../components/bits';
import { Brand } from '../components/Logo';
import { LangSwitch, ThemeSwitch } from '../components/Shell';
import { Failure, useErrorText } from '../components/states';
import { useSpeech } from '../i18n';
import { useSession } from '../session';

type Fields = { user: string; password: string };

export function SignIn({ error: asked }: { error?: ApiError }) {
  const { t, say } = useSpeech();
  const sayError = useErrorText();
  const { signIn, ask } = useSession();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const [form] = Form.useForm<Fields>();
  const start = useApi<Start>('/api/start'); // a demo names its accounts before the door
  const accounts = start.data?.demo ? list(start.data.accounts) : [];
  useTitle(t('signin.title'));

  const submit = async ({ user, password }: Fields) => {
    setBusy(true);
    setWrong(undefined);
    try {
      await signIn(user.trim(), password);
    } catch (e) {
      const error = e instanceof ApiError ? e : new ApiError(0, 'unreachable');
      setWrong(error.status === 401 ? t('signin.wrong') : error.status === 403 ? t('signin.no_console') : sayError(error));
      setBusy(false);
    }
  };

  return (
    <div className="signin">
      <div className="signin-tools">
        <LangSwitch />
        <ThemeSwitch />
      </div>
      <main className="signin-box">
        <div className="signin-brand">
          <Brand size={44} />
          <p className="muted">{t('brand.line')}</p>
        </div>
        {asked && (
          <div className="gap-below">
            <Failure error={asked} retry={ask} />
          </div>
        )}
        <Card>
          <h1 className="signin-title">{t('signin.title')}</h1>
          <Form form={form} layout="vertical" onFinish={submit} requiredMark={false}>
            <Form.Item name="user" label={t('signin.user')} rules={[{ required: true, whitespace: true, message: t('signin.user_missing') }]}>
              <Input autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus />
            </Form.Item>
            <Form.Item name="password" label={t('signin.password')} rules={[{ required: true, message: t('signin.password_missing') }]}>
              <Input.Password autoComplete="current-password" />
            </Form.Item>
            {wrong && (
              <p className="bad" role="alert">
                {wrong}
              </p>
            )}
            <Button type="primary" htmlType="submit" block loading={busy}>
              {t('signin.button')}
            </Button>
          </Form>
        </Card>
        {accounts.length > 0 && (
          <section className="signin-demo" aria-label={t('signin.demo')}>
            <h2>{t('signin.demo')}</h2>
            <ul>
              {accounts.map((a) => (
                <li key={a.user}>
                  <button type="button" onClick={() => form.setFieldsValue({ user: a.user, password: a.password })}>
                    <span className="mono">{a.user}</span>
                    <span className="muted">{say(a.what)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </main>
    </div>
  );
}
