import { BarChart, GraphChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { sans, useLook } from '../theme';

echarts.use([BarChart, LineChart, GraphChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, SVGRenderer]);

// Chart draws one option and keeps to its box. New numbers are laid over the
// old drawing, so a tooltip stays open while ticks come in.
export default function Chart({ option, height, label, onPick }: { option: EChartsCoreOption; height: number; label: string; onPick?: (name: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts>(undefined);
  const pick = useRef(onPick);
  pick.current = onPick;
  const { palette } = useLook();

  useEffect(() => {
    if (!box.current) return;
    const c = echarts.init(box.current, undefined, { renderer: 'svg' });
    chart.current = c;
    c.on('click', (e) => pick.current?.(e.name));
    const watch = new ResizeObserver(() => c.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      c.dispose();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption({ animation: false, textStyle: { fontFamily: sans, color: palette.muted }, ...option });
  }, [option, palette]);

  return <div ref={box} style={{ height, width: '100%' }} role="img" aria-label={label} />;
}
