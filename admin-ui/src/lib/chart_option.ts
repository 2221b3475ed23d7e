// From lines and bars to what ECharts wants.

export interface Line {
  name: string;
  /** Time (ms) or the name of a category, and the value. */
  data: [number | string, number | null][];
  color?: string;
}

export interface ChartStyle {
  dark: boolean;
  locale: string;
}

/** Colours that can be told apart, also by those who confuse red and green. */
const PALETTE = {
  light: ['#2457d6', '#c25a00', '#0b7a75', '#9333a8', '#a3820a', '#c22660', '#4b6478', '#2f8f3a'],
  dark: ['#7aa2ff', '#ffae63', '#4fd1c5', '#d59bff', '#e6cf5c', '#ff8fb3', '#a8bdcd', '#7ddc8a'],
};

function base(style: ChartStyle) {
  const text = style.dark ? '#a3aec2' : '#566074';
  const line = style.dark ? '#2a3346' : '#e3e8f0';
  return {
    animation: false,
    color: PALETTE[style.dark ? 'dark' : 'light'],
    textStyle: {
      fontFamily: "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif",
    },
    grid: { left: 8, right: 28, top: 36, bottom: 4, containLabel: true },
    legend: {
      type: 'scroll',
      top: 0,
      left: 0,
      itemWidth: 14,
      itemHeight: 8,
      textStyle: { color: text },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: style.dark ? '#1b2333' : '#ffffff',
      borderColor: line,
      textStyle: { color: style.dark ? '#edf1f8' : '#172033', fontSize: 13 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      minInterval: 1,
      axisLabel: { color: text },
      splitLine: { lineStyle: { color: line } },
    },
    axis: {
      axisLabel: { color: text, hideOverlap: true },
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
  };
}

/** Lines that have just begun do not fill the whole width. */
const SHORTEST_MS = 60_000;

/** Lines over time. */
export function lineOption(lines: readonly Line[], style: ChartStyle): Record<string, unknown> {
  const { axis, ...rest } = base(style);
  return {
    ...rest,
    xAxis: {
      type: 'time',
      min: (range: { min: number; max: number }) => Math.min(range.min, range.max - SHORTEST_MS),
      ...axis,
    },
    series: lines.map((line) => ({
      type: 'line',
      name: line.name,
      data: line.data,
      color: line.color,
      showSymbol: line.data.length < 2,
      lineStyle: { width: 2 },
      emphasis: { disabled: true },
    })),
  };
}

/** Bars over time. */
export function timeBarOption(lines: readonly Line[], style: ChartStyle): Record<string, unknown> {
  const option = barOption(lines, style, false);
  return { ...option, xAxis: { ...(option.xAxis as object), type: 'time' } };
}

/** Bars by category: side by side, or on top of each other. */
export function barOption(
  lines: readonly Line[],
  style: ChartStyle,
  stacked: boolean,
): Record<string, unknown> {
  const { axis, ...rest } = base(style);
  return {
    ...rest,
    xAxis: { type: 'category', ...axis },
    series: lines.map((line) => ({
      type: 'bar',
      name: line.name,
      data: line.data,
      color: line.color,
      stack: stacked ? 'all' : undefined,
      barMaxWidth: 28,
      emphasis: { disabled: true },
    })),
  };
}
