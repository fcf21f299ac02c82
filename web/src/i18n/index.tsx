import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Text } from '../api/types';
import { makeFormat, type Format } from '../lib/format';
import { recall, remember } from '../lib/remember';
import en from './en.json';
import zh from './zh.json';

export type Lang = 'zh' | 'en';
export type Key = keyof typeof en;

// A key that one language lacks does not compile.
const words: Record<Lang, Record<Key, string>> = { en, zh };
const locales: Record<Lang, string> = { zh: 'zh-CN', en: 'en-GB' };

export type Speech = {
  lang: Lang;
  setLang: (l: Lang) => void;
  t: (key: Key, vars?: Record<string, string | number>) => string;
  // name says a value of the API ("narrowed", "hold_all") in words, or as it
  // is where it has none: packs may bring their own rules and causes.
  name: (group: string, value: string | undefined | null) => string;
  say: (text: Text | string | undefined | null) => string;
  f: Format;
};

const Context = createContext<Speech | undefined>(undefined);

function initial(): Lang {
  const kept = recall('lang', ['zh', 'en'] as const);
  if (kept) return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function SpeechProvider({ children }: { children: ReactNode }) {
  const [lang, setLangState] = useState<Lang>(initial);

  useEffect(() => {
    document.documentElement.lang = locales[lang];
  }, [lang]);

  const speech = useMemo<Speech>(() => {
    const dict = words[lang];
    return {
      lang,
      setLang: (l) => {
        remember('lang', l);
        setLangState(l);
      },
      t: (key, vars) => {
        const s = dict[key];
        return vars ? s.replace(/\{(\w+)\}/g, (whole, k: string) => (k in vars ? String(vars[k]) : whole)) : s;
      },
      name: (group, value) => {
        if (!value) return '–';
        return (dict as Record<string, string>)[`${group}.${value}`] ?? value;
      },
      say: (text) => {
        if (!text) return '';
        if (typeof text === 'string') return text;
        return text[lang] || text.en || text.zh || '';
      },
      f: makeFormat(locales[lang]),
    };
  }, [lang]);

  return <Context.Provider value={speech}>{children}</Context.Provider>;
}

export function useSpeech(): Speech {
  const s = useContext(Context);
  if (!s) throw new Error('useSpeech outside SpeechProvider');
  return s;
}
