import { Alert, Button, Empty, Spin } from 'antd';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/client';
import type { Key } from '../i18n';
import { useSpeech } from '../i18n';

export function Waiting({ full }: { full?: boolean }) {
  const { t } = useSpeech();
  return (
    <div className={full ? 'waiting waiting-full' : 'waiting'} role="status" aria-label={t('state.loading')}>
      <Spin />
    </div>
  );
}

function titleOf(error: ApiError): Key {
  switch (error.status) {
    case 0:
      return 'error.unreachable';
    case 401:
      return 'error.signed_out';
    case 403:
      return 'error.forbidden';
    case 404:
      return 'error.missing';
    case 429:
      return 'error.too_many';
    default:
      return error.status >= 500 ? 'error.internal' : 'error.refused';
  }
}

export function useErrorText(): (error: ApiError) => string {
  const { t } = useSpeech();
  return (error) => t(titleOf(error));
}

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  const { t } = useSpeech();
  const say = useErrorText();
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={say(error)}
      description={
        error.detail || error.id ? (
          <>
            {error.detail}
            {error.id && <div className="muted mono">{t('error.id', { id: error.id })}</div>}
          </>
        ) : undefined
      }
      action={
        retry && (
          <Button size="small" onClick={retry}>
            {t('state.retry')}
          </Button>
        )
      }
    />
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={children} />;
}

type Loadable<T> = { data?: T; error?: ApiError; loading: boolean; reload: () => void };

// Await shows what there is: the data, with the error above it when a later
// load failed; else the error; else that it is on its way.
export function Await<T>({ of, children }: { of: Loadable<T>; children: (data: T) => ReactNode }) {
  return (
    <>
      {of.error && (
        <div className="gap-below">
          <Failure error={of.error} retry={of.reload} />
        </div>
      )}
      {of.data !== undefined ? children(of.data) : !of.error && <Waiting />}
    </>
  );
}
