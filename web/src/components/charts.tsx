import type { EChartsCoreOption } from 'echarts/core';
import { lazy, Suspense, useMemo } from 'react';
import type { DataPoint, DayCount, MoneyPoint, Ring } from '../api/types';
import { list } from '../api/client';
import { useSpeech } from '../i18n';
import { axisLabels, minorDigits } from '../lib/format';
import { useLook, type Palette } from '../theme';
import { Nothing } from './states';

const Chart = lazy(() => import('./Chart'));

function Drawn(props: { option: EChartsCoreOption; height: number; label: string; onPick?: (name: string) => void }) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Chart {...props} />
    </Suspense>
  );
}

function tooltip(p: Palette, format: (v: number) => string) {
  return {
    trigger: 'axis',
    confine: true,
    backgroundColor: p.raised,
    borderColor: p.line,
    padding: [6, 10],
    textStyle: { color: p.text, fontSize: 12 },
    axisPointer: { type: 'line', lineStyle: { color: p.muted, type: 'dashed' } },
    valueFormatter: (v: unknown) => (typeof v === 'number' ? format(v) : '–'),
  };
}

const legend = (p: Palette) => ({ top: 0, left: 0, itemWidth: 10, itemHeight: 10, itemGap: 14, icon: 'roundRect', textStyle: { color: p.muted, fontSize: 12 } });

function xAxis(p: Palette, labels: string[], more: object = {}) {
  return {
    type: 'category',
    data: labels,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: p.line } },
    axisLabel: { color: p.muted, fontSize: 11, hideOverlap: true },
    ...more,
  };
}

function yAxis(p: Palette, format: (v: number) => string, more: object = {}) {
  return {
    type: 'value',
    splitNumber: 3,
    splitLine: { lineStyle: { color: p.line, opacity: 0.6 } },
    axisLabel: { color: p.muted, fontSize: 11, formatter: format },
    ...more,
  };
}

// ViewsChart has two floors with one time axis: the many that are explained
// above, the few that are not below on their own scale, where they can be seen.
export function ViewsChart({ series, height = 230 }: { series: DataPoint[]; height?: number }) {
  const { t, f } = useSpeech();
  const { palette: p } = useLook();
  const option = useMemo<EChartsCoreOption>(() => {
    const labels = axisLabels(series.map((s) => s.t));
    const bar = { type: 'bar', barMaxWidth: 16, barCategoryGap: '25%' };
    return {
      tooltip: tooltip(p, f.num),
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      legend: legend(p),
      grid: [
        { left: 40, right: 8, top: 30, height: '38%' },
        { left: 40, right: 8, bottom: 24, height: '27%' },
      ],
      xAxis: [xAxis(p, labels, { axisLabel: { show: false } }), xAxis(p, labels, { gridIndex: 1 })],
      yAxis: [yAxis(p, f.compact), yAxis(p, f.compact, { gridIndex: 1, splitNumber: 2, minInterval: 1 })],
      series: [
        { ...bar, name: t('chart.explained'), data: series.map((s) => s.explained), itemStyle: { color: p.dark ? '#4a6d8c' : '#9db7cd' } },
        { ...bar, name: t('chart.unexplained'), xAxisIndex: 1, yAxisIndex: 1, stack: 'odd', data: series.map((s) => s.unexplained), itemStyle: { color: p.bad } },
        { ...bar, name: t('chart.refused'), xAxisIndex: 1, yAxisIndex: 1, stack: 'odd', data: series.map((s) => s.refused), itemStyle: { color: p.warn } },
      ],
    };
  }, [series, p, f, t]);
  if (series.length === 0) return <Nothing>{t('chart.nothing')}</Nothing>;
  return <Drawn option={option} height={height} label={t('chart.views_label')} />;
}

export function MoneyChart({ series, currency, height = 230 }: { series: MoneyPoint[]; currency: string; height?: number }) {
  const { t, f } = useSpeech();
  const { palette: p } = useLook();
  const option = useMemo<EChartsCoreOption>(() => {
    const line = (name: string, color: string, data: number[], fill: number) => ({
      type: 'line',
      name,
      data,
      showSymbol: series.length < 3,
      symbolSize: 5,
      lineStyle: { width: 1.6, color },
      itemStyle: { color },
      areaStyle: fill ? { color, opacity: fill } : undefined,
    });
    return {
      tooltip: tooltip(p, (v) => f.money(v, currency)),
      legend: legend(p),
      grid: { left: 58, right: 8, top: 30, bottom: 24 },
      xAxis: xAxis(p, axisLabels(series.map((s) => s.t)), { boundaryGap: false }),
      yAxis: yAxis(p, (v) => f.moneyCompact(v, currency), { minInterval: 10 ** minorDigits(currency) }),
      series: [
        line(t('chart.paid'), p.good, series.map((s) => s.paid), 0.12),
        line(t('chart.held'), p.money, series.map((s) => s.held), 0.1),
        line(t('chart.refunded'), p.bad, series.map((s) => s.refunded), 0),
      ],
    };
  }, [series, currency, p, f, t]);
  if (series.length === 0) return <Nothing>{t('chart.nothing')}</Nothing>;
  return <Drawn option={option} height={height} label={t('chart.money_label')} />;
}

export function DaysChart({ days, height = 190 }: { days: DayCount[]; height?: number }) {
  const { t, f } = useSpeech();
  const { palette: p } = useLook();
  const option = useMemo<EChartsCoreOption>(() => {
    const bar = { type: 'bar', barMaxWidth: 18, barCategoryGap: '25%', stack: 'day' };
    return {
      tooltip: tooltip(p, f.num),
      legend: legend(p),
      grid: { left: 40, right: 8, top: 30, bottom: 24 },
      xAxis: xAxis(p, days.map((d) => f.day(d.day).slice(5))),
      yAxis: yAxis(p, f.compact, { minInterval: 1 }),
      series: [
        { ...bar, name: t('chart.unexplained'), data: days.map((d) => d.unexplained), itemStyle: { color: p.bad } },
        { ...bar, name: t('chart.explained'), data: days.map((d) => d.explained), itemStyle: { color: p.dark ? '#4a6d8c' : '#9db7cd' } },
      ],
    };
  }, [days, p, f, t]);
  if (days.length === 0) return <Nothing>{t('chart.nothing')}</Nothing>;
  return <Drawn option={option} height={height} label={t('chart.days_label')} />;
}

// RingChart draws a ring's shops in a circle; the thicker a link, the more it says.
export function RingChart({ ring, self, onPick, height = 360 }: { ring: Ring; self?: string; onPick?: (merchant: string) => void; height?: number }) {
  const { t, name } = useSpeech();
  const { palette: p } = useLook();
  const option = useMemo<EChartsCoreOption>(() => {
    const links = list(ring.links);
    const pairs = new Map<string, { source: string; target: string; weight: number; by: string[] }>();
    for (const l of links) {
      const key = l.a < l.b ? `${l.a} ${l.b}` : `${l.b} ${l.a}`;
      const pair = pairs.get(key) ?? { source: l.a, target: l.b, weight: 0, by: [] };
      pair.weight += l.weight;
      pair.by.push(name('link', l.by));
      pairs.set(key, pair);
    }
    const top = Math.max(1, ...[...pairs.values()].map((x) => x.weight));
    return {
      tooltip: {
        confine: true,
        backgroundColor: p.raised,
        borderColor: p.line,
        textStyle: { color: p.text, fontSize: 12 },
        renderMode: 'richText', // ids come from outside and are never read as HTML
        formatter: (e: { dataType?: string; name: string; data: { by?: string[]; source?: string; target?: string } }) =>
          e.dataType === 'edge' ? `${e.data.source} – ${e.data.target}\n${(e.data.by ?? []).join(', ')}` : e.name,
      },
      series: [
        {
          type: 'graph',
          layout: 'circular',
          circular: { rotateLabel: list(ring.merchants).length > 8 },
          top: 62,
          bottom: 62,
          left: 70,
          right: 70,
          data: list(ring.merchants).map((m) => ({
            name: m,
            symbolSize: m === self ? 20 : 13,
            itemStyle: { color: m === self ? p.seal : p.money },
            label: { fontWeight: m === self ? 600 : 400 },
          })),
          links: [...pairs.values()].map((x) => ({ ...x, lineStyle: { width: 0.8 + (3 * x.weight) / top } })),
          label: { show: true, position: 'right', color: p.text, fontSize: 11 },
          lineStyle: { color: p.muted, opacity: 0.45, curveness: 0.12 },
          emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.9 } },
        },
      ],
    };
  }, [ring, self, p, name]);
  return <Drawn option={option} height={height} label={t('chart.ring_label')} onPick={onPick} />;
}
