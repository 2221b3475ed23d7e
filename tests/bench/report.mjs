// How results come out: a table of Markdown or a line of JSON; into docs/PERFORMANCE.md; plots.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { publish, top } from './lib.mjs';

// Three digits, or all before the point.
export function digits(number) {
  if (!Number.isFinite(number)) return '';
  const places = number === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
  return number.toFixed(Math.min(places, 3));
}

const cell = (value) => (typeof value === 'number' ? digits(value) : value ?? '');

export function table(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

// result: {about, head, rows, where}.
export function show(name, { about, head, rows, where }, { json, write }) {
  if (json) {
    const named = rows.map((row) => Object.fromEntries(head.map((column, i) => [column, row[i]])));
    console.log(JSON.stringify({ mode: name, about, where, rows: named }));
  }
  const text = `${about}\n${where}\n\n${table(head, rows)}`;
  publish(name, text, { print: !json, write });
}

// plot: {file, title, x, y, log, lines: [{name, points: [[x, y]...]}]}.
export function draw({ file, title, x, y, log = '', lines }) {
  const folder = join(top, 'docs/plots');
  mkdirSync(folder, { recursive: true });
  const script = `
    set terminal svg size 720,420 font "sans,13" background "white"
    set output "${join(folder, file)}"
    set title "${title}"
    set xlabel "${x}"
    set ylabel "${y}"
    ${log ? `set logscale ${log}` : ''}
    set yrange [${log.includes('y') ? '' : '0'}:]
    set grid
    set key outside right top
    plot ${lines.map(({ name }) => `"-" with linespoints lw 2 pt 7 ps 0.6 title "${name}"`).join(', ')}
    ${lines.map(({ points }) => `${points.map((point) => point.join(' ')).join('\n')}\ne`).join('\n')}\n`;
  const { error, status } = spawnSync('gnuplot', { input: script, stdio: ['pipe', 'inherit', 'inherit'] });
  if (error || status !== 0) throw new Error(`gnuplot could not draw ${file}: ${error ?? status}`);
}
