import {
  AlertOutlined,
  AuditOutlined,
  CompassOutlined,
  DashboardOutlined,
  DesktopOutlined,
  EyeOutlined,
  IdcardOutlined,
  LogoutOutlined,
  MenuOutlined,
  MoonOutlined,
  NodeIndexOutlined,
  ShopOutlined,
  SunOutlined,
  TranslationOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { App, Button, Drawer, Dropdown, Grid, Layout, Menu, type MenuProps } from 'antd';
import { Suspense, useEffect, useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router-dom';
import { useSpeech } from '../i18n';
import { useLive } from '../live';
import { useSession } from '../session';
import { useLook, type Choice } from '../theme';
import { Brand } from './Logo';
import { useErrorText, Waiting } from './states';
import { ApiError } from '../api/client';

export function Shell({ demo }: { demo: boolean }) {
  const { t } = useSpeech();
  const wide = Grid.useBreakpoint().lg ?? window.innerWidth >= 992;
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();

  useEffect(() => {
    setOpen(false);
    window.scrollTo(0, 0);
  }, [pathname]);

  return (
    <Layout className="shell">
      <a className="skip" href="#main">
        {t('nav.skip')}
      </a>
      {wide ? (
        <Layout.Sider width={208} className="sider" theme="light">
          <Link to="/overview" className="sider-brand" aria-label={t('nav.home')}>
            <Brand />
          </Link>
          <Nav demo={demo} />
        </Layout.Sider>
      ) : (
        <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={248} title={<Brand />} styles={{ body: { padding: '8px 0' } }}>
          <Nav demo={demo} />
        </Drawer>
      )}
      <Layout>
        <Layout.Header className="header">
          {!wide && (
            <>
              <Button type="text" icon={<MenuOutlined />} aria-label={t('nav.menu')} onClick={() => setOpen(true)} />
              <Link to="/overview" className="header-brand" aria-label={t('nav.home')}>
                <Brand size={22} />
              </Link>
            </>
          )}
          <LineState />
          <span className="grow" />
          <LangSwitch />
          <ThemeSwitch />
          <Person />
        </Layout.Header>
        <Layout.Content id="main" tabIndex={-1} className="main">
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

function Nav({ demo }: { demo: boolean }) {
  const { t } = useSpeech();
  const { pathname } = useLocation();
  const here = `/${pathname.split('/')[1] ?? ''}`;
  const item = (key: string, icon: React.ReactNode, label: string) => ({ key, icon, label: <Link to={key}>{label}</Link> });
  const items: MenuProps['items'] = [
    ...(demo ? [item('/start', <CompassOutlined />, t('nav.start'))] : []),
    item('/overview', <DashboardOutlined />, t('nav.overview')),
    {
      type: 'group',
      label: t('nav.data_door'),
      children: [
        item('/alerts', <AlertOutlined />, t('nav.alerts')),
        item('/views', <EyeOutlined />, t('nav.views')),
        item('/accounts', <IdcardOutlined />, t('nav.accounts')),
        item('/trace', <NodeIndexOutlined />, t('nav.trace')),
      ],
    },
    { type: 'group', label: t('nav.money_door'), children: [item('/merchants', <ShopOutlined />, t('nav.merchants'))] },
    { type: 'group', label: t('nav.record'), children: [item('/ledger', <AuditOutlined />, t('nav.ledger'))] },
  ];
  return (
    <nav aria-label={t('nav.label')}>
      <Menu mode="inline" selectedKeys={[here]} items={items} inlineIndent={14} style={{ borderInlineEnd: 0 }} />
    </nav>
  );
}

function LineState() {
  const { t } = useSpeech();
  const { line } = useLive();
  return (
    <span className={`line line-${line}`} role="status">
      <span className="line-dot" aria-hidden="true" />
      <span className="line-word">{t(`line.${line}`)}</span>
    </span>
  );
}

export function LangSwitch() {
  const { lang, setLang } = useSpeech();
  const other = lang === 'zh' ? 'en' : 'zh';
  return (
    <Button
      type="text"
      icon={<TranslationOutlined />}
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      aria-label={other === 'zh' ? '切换到中文' : 'Switch to English'}
      onClick={() => setLang(other)}
    >
      {other === 'zh' ? '中文' : 'EN'}
    </Button>
  );
}

export function ThemeSwitch() {
  const { t } = useSpeech();
  const { choice, setChoice, palette } = useLook();
  const icons: Record<Choice, React.ReactNode> = { system: <DesktopOutlined />, light: <SunOutlined />, dark: <MoonOutlined /> };
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectable: true,
        selectedKeys: [choice],
        onClick: ({ key }) => setChoice(key as Choice),
        items: (['system', 'light', 'dark'] as const).map((k) => ({ key: k, icon: icons[k], label: t(`theme.${k}`) })),
      }}
    >
      <Button type="text" icon={palette.dark ? <MoonOutlined /> : <SunOutlined />} aria-label={t('theme.label')} />
    </Dropdown>
  );
}

function Person() {
  const { t, name } = useSpeech();
  const { message } = App.useApp();
  const say = useErrorText();
  const { state, signOut } = useSession();
  if (state.kind !== 'in') return null;
  const { user, name: full, role } = state.session;
  const leave = () => {
    signOut().catch((e: unknown) => message.error(e instanceof ApiError ? say(e) : t('error.internal')));
  };
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'who', disabled: true, label: `${user} · ${name('role', role)}` },
          { type: 'divider' },
          { key: 'out', icon: <LogoutOutlined />, label: t('session.sign_out'), onClick: leave },
        ],
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('session.menu')} className="person">
        <span className="person-name">{full || user}</span>
      </Button>
    </Dropdown>
  );
}
