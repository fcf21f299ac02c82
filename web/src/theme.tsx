import { App as AntApp, ConfigProvider, theme as antTheme, type ThemeConfig } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useSpeech } from './i18n';
import { recall, remember } from './lib/remember';

export type Choice = 'system' | 'light' | 'dark';

export type Palette = {
  dark: boolean;
  page: string;
  card: string;
  raised: string;
  line: string;
  text: string;
  muted: string;
  primary: string;
  data: string;
  money: string;
  seal: string;
  bad: string;
  warn: string;
  good: string;
  quiet: string;
  // The same colours as grounds for tags and marks.
  tints: { primary: string; bad: string; warn: string; good: string };
};

// Indigo for the data door, ochre for the money door, cinnabar for what is wrong.
const light: Palette = {
  dark: false,
  page: '#f3f2ee',
  card: '#ffffff',
  raised: '#faf9f6',
  line: '#e2dfd7',
  text: '#1f2329',
  muted: '#626973',
  primary: '#2a5d8c',
  data: '#3d6f9e',
  money: '#9a6b1c',
  seal: '#a8321f',
  bad: '#b5321c',
  warn: '#a86a0b',
  good: '#2f7a55',
  quiet: '#a9b8c6',
  tints: { primary: '#e4edf6', bad: '#fbe8e3', warn: '#faefd9', good: '#e3f1e9' },
};

const dark: Palette = {
  dark: true,
  page: '#121518',
  card: '#1a1e23',
  raised: '#20252b',
  line: '#30363e',
  text: '#e4e6e9',
  muted: '#98a1ab',
  primary: '#5f9bd1',
  data: '#6ea3d3',
  money: '#d1a04e',
  seal: '#c9523b',
  bad: '#e0684f',
  warn: '#d99a3d',
  good: '#5fb389',
  quiet: '#475563',
  tints: { primary: '#1d3247', bad: '#3b1f19', warn: '#352a14', good: '#17312a' },
};

export const sans =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Helvetica Neue', Arial, sans-serif";
export const mono =
  "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'Noto Sans Mono', monospace";

function themeOf(p: Palette): ThemeConfig {
  return {
    algorithm: p.dark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: {
      colorPrimary: p.primary,
      colorLink: p.primary,
      colorInfo: p.primary,
      colorError: p.bad,
      colorWarning: p.warn,
      colorSuccess: p.good,
      colorPrimaryBg: p.tints.primary,
      colorInfoBg: p.tints.primary,
      colorErrorBg: p.tints.bad,
      colorWarningBg: p.tints.warn,
      colorSuccessBg: p.tints.good,
      colorBgLayout: p.page,
      colorBgContainer: p.card,
      colorBgElevated: p.dark ? p.raised : p.card,
      colorText: p.text,
      colorTextSecondary: p.muted,
      colorTextDescription: p.muted,
      colorBorderSecondary: p.line,
      borderRadius: 5,
      fontFamily: sans,
      fontFamilyCode: mono,
      fontSize: 14,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
    },
    components: {
      Layout: { siderBg: p.card, headerBg: p.card, bodyBg: p.page, headerHeight: 52, headerPadding: '0 16px' },
      Menu: { itemHeight: 36, itemBg: 'transparent', subMenuItemBg: 'transparent', activeBarBorderWidth: 0, itemSelectedBg: p.tints.primary, itemSelectedColor: p.primary, groupTitleFontSize: 12 },
      Table: { headerBg: p.raised, headerSplitColor: 'transparent', cellPaddingBlockSM: 7, cellPaddingInlineSM: 10 },
      Card: { headerFontSize: 14, headerHeight: 44, bodyPadding: 16, headerPadding: 16 },
      Descriptions: { itemPaddingBottom: 8 },
    },
  };
}

type Look = { choice: Choice; setChoice: (c: Choice) => void; palette: Palette };
const Context = createContext<Look | undefined>(undefined);
const darkQuery = () => window.matchMedia('(prefers-color-scheme: dark)');

export function LookProvider({ children }: { children: ReactNode }) {
  const { lang } = useSpeech();
  const [choice, setChoiceState] = useState<Choice>(() => recall('theme', ['system', 'light', 'dark'] as const) ?? 'system');
  const [systemDark, setSystemDark] = useState(() => darkQuery().matches);

  useEffect(() => {
    const q = darkQuery();
    const follow = (e: MediaQueryListEvent) => setSystemDark(e.matches);
    q.addEventListener('change', follow);
    return () => q.removeEventListener('change', follow);
  }, []);

  const palette = (choice === 'system' ? systemDark : choice === 'dark') ? dark : light;

  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = palette.dark ? 'dark' : 'light';
    root.style.colorScheme = palette.dark ? 'dark' : 'light';
    for (const [name, value] of Object.entries(palette)) {
      if (typeof value === 'string') root.style.setProperty(`--${name}`, value);
    }
    root.style.setProperty('--sans', sans);
    root.style.setProperty('--mono', mono);
  }, [palette]);

  const look = useMemo<Look>(
    () => ({
      choice,
      palette,
      setChoice: (c) => {
        remember('theme', c);
        setChoiceState(c);
      },
    }),
    [choice, palette],
  );
  const config = useMemo(() => themeOf(palette), [palette]);

  return (
    <Context.Provider value={look}>
      <ConfigProvider theme={config} locale={lang === 'zh' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
        <AntApp>{children}</AntApp>
      </ConfigProvider>
    </Context.Provider>
  );
}

export function useLook(): Look {
  const l = useContext(Context);
  if (!l) throw new Error('useLook outside LookProvider');
  return l;
}
