// Numbers and times as people read them.

/** 12345 -> "12,345". Nothing known: a dash. */
export function count(value: unknown, locale: string): string {
  const n = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof n === 'number' && Number.isFinite(n) ? n.toLocaleString(locale) : '–';
}

/** 0.5 -> "50 %", of nothing: a dash. */
export function rate(part: number, whole: number): string {
  if (!(whole > 0)) return '–';
  const percent = (100 * part) / whole;
  // Not 100 % while one is missing.
  const text = percent < 100 && percent > 99.9 ? '99.9' : percent.toFixed(percent % 1 ? 1 : 0);
  return `${text} %`;
}

/** Milliseconds since 1970 as number or digits, or ISO 8601. Not a time: null. */
export function toDate(value: unknown): Date | null {
  if (value === null || value === undefined || value === '') return null;
  const number =
    typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : NaN;
  const date = new Date(Number.isNaN(number) ? String(value) : number);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function dateTime(value: unknown, locale: string): string {
  const date = toDate(value);
  return date ? date.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium' }) : '–';
}

/** Without seconds, for tables. */
export function minute(value: unknown, locale: string): string {
  const date = toDate(value);
  return date ? date.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' }) : '–';
}

export function date(value: unknown, locale: string): string {
  return toDate(value)?.toLocaleDateString(locale, { dateStyle: 'medium' }) ?? '–';
}

export function clock(value: unknown, locale: string): string {
  const date = toDate(value);
  return date ? date.toLocaleTimeString(locale, { hour12: false }) : '–';
}

/** 1536 -> "1.5 KB". */
export function bytes(value: unknown): string {
  let n = Number(value);
  if (value === null || value === undefined || value === '' || !Number.isFinite(n)) return '–';
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (n < 1024 || unit === 'GB')
      return `${n < 10 && unit !== 'B' ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1024;
  }
  return '–';
}

/** Milliseconds as "3 d 4 h", "5 min", "12 s": the two largest units. */
export function duration(ms: unknown): string {
  let left = Math.floor(Number(ms) / 1000);
  if (ms === null || ms === undefined || !Number.isFinite(left) || left < 0) return '–';
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n || (unit === 's' && parts.length === 0)) parts.push(`${n} ${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}
