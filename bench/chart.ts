import { readFileSync, writeFileSync } from 'node:fs';
import { init } from 'echarts';
import type { ContestantResult, RunResult, WorkResult } from './report/result.ts';

// Usage: chart.ts SAMPLES.json PICTURE.svg. Draws the works as bars, the fastest first.

const COLUMNS = 2;
const WIDTH_PX = 1_280;
const PANEL_WIDTH_PX = WIDTH_PX / COLUMNS;
const BAR_PX = 20;
const TITLE_PX = 40;
const HEAD_PX = 76;
const GAP_PX = 22;
const NAMES_PX = 205;
const FIGURES_PX = 90;

const OURS = '#d9480f';
const OUR_VARIANT = '#f5a97f';
const PEER = '#5c7c9c';
const CEILING = '#c9ced6';
const INK = '#1f2933';

interface Panel {
  readonly work: WorkResult;
  readonly leftPx: number;
  readonly topPx: number;
  readonly heightPx: number;
}

function draw(result: RunResult): string {
  const panels = placed(result.works.filter(({ rows }) => rows.length > 0));
  const height = Math.max(HEAD_PX, ...panels.map(({ topPx, heightPx }) => topPx + heightPx)) + GAP_PX;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height });
  const name = result.server === 'mysql' ? 'MySQL' : 'MariaDB';
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    title: [
      {
        text: `tradestore on ${name} ${result.serverVersion}`,
        subtext:
          'Longer is faster. Red: tradestore. Pale red: tradestore with other pools. Grey: the ceiling. Blue: the others.',
        left: 16,
        top: 10,
        textStyle: { fontSize: 20, color: INK },
        subtextStyle: { fontSize: 13, color: '#52606d' },
      },
      ...panels.map(({ work, leftPx, topPx }) => ({
        text: `${work.title}, ${work.unit === 'rows/s' ? 'rows' : 'calls'} a second`,
        left: leftPx + 16,
        top: topPx,
        textStyle: { fontSize: 14, color: INK },
      })),
    ],
    grid: panels.map(({ leftPx, topPx, heightPx }) => ({
      left: leftPx + NAMES_PX,
      top: topPx + TITLE_PX - 12,
      width: PANEL_WIDTH_PX - NAMES_PX - FIGURES_PX,
      height: heightPx - TITLE_PX,
    })),
    xAxis: panels.map((_, gridIndex) => ({ gridIndex, type: 'value', show: false })),
    yAxis: panels.map(({ work }, gridIndex) => ({
      gridIndex,
      type: 'category',
      inverse: true,
      data: work.rows.map((row) => row.name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { fontSize: 12, color: INK, interval: 0 },
    })),
    series: panels.map(({ work }, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: BAR_PX - 6,
      label: { show: true, position: 'right', fontSize: 12, color: INK },
      data: work.rows.map((row) => bar(work, row)),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function bar({ unit }: WorkResult, row: ContestantResult) {
  const value = unit === 'rows/s' ? row.median : 1_000 / row.median;
  return {
    value,
    itemStyle: { color: colorOf(row) },
    label: { formatter: Math.round(value).toLocaleString('en') },
  };
}

function colorOf({ name, role }: ContestantResult): string {
  if (role === 'ours') {
    return name === 'tradestore' ? OURS : OUR_VARIANT;
  }
  return role === 'ceiling' ? CEILING : PEER;
}

// row by row, each as high as the longer of its panels
function placed(works: readonly WorkResult[]): Panel[] {
  const panels: Panel[] = [];
  let topPx = HEAD_PX;
  for (let first = 0; first < works.length; first += COLUMNS) {
    const row = works.slice(first, first + COLUMNS);
    const heights = row.map(({ rows }) => TITLE_PX + rows.length * BAR_PX);
    for (const [column, work] of row.entries()) {
      panels.push({ work, leftPx: column * PANEL_WIDTH_PX, topPx, heightPx: heights[column] ?? TITLE_PX });
    }
    topPx += Math.max(...heights) + GAP_PX;
  }
  return panels;
}

const [samples = '', picture = ''] = process.argv.slice(2);
const result = JSON.parse(readFileSync(samples, 'utf8')) as RunResult;
writeFileSync(picture, `${draw(result)}\n`);
