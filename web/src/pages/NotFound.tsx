import { Button, Result } from 'antd';
import { Link } from 'react-router-dom';
import { useTitle } from '../components/bits';
import { useSpeech } from '../i18n';

export default function NotFoundPage() {
  const { t } = useSpeech();
  useTitle(t('notfound.title'));
  return (
    <Result
      status="info"
      title={<h1 className="signin-title">{t('notfound.title')}</h1>}
      subTitle={t('notfound.text')}
      extra={
        <Link to="/overview">
          <Button type="primary">{t('notfound.back')}</Button>
        </Link>
      }
    />
  );
}
