// Text that a person types as JSON: what it says, or where it goes wrong.

export type JsonInput =
  | { ok: true; value: unknown }
  | { ok: false; empty: boolean; line: number; column: number; message: string };

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Browsers name the place in different words, or not at all. */
function offsetOf(message: string, text: string): number {
  const byOffset = /position (\d+)/.exec(message);
  if (byOffset) return Number(byOffset[1]);
  const byLine = /line (\d+) column (\d+)/.exec(message);
  if (!byLine) return text.length;
  const lines = text.split('\n').slice(0, Number(byLine[1]) - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(byLine[2]) - 1;
}

export function readJson(text: string): JsonInput {
  if (text.trim() === '') return { ok: false, empty: true, line: 1, column: 1, message: '' };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, empty: false, message, ...position(text, offsetOf(message, text)) };
  }
}

/** What pushData may be: an object or an array, not empty. */
export function isPushData(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** JSON text laid out for reading; anything else as it is. */
export function prettyJson(text: string): string {
  const read = readJson(text);
  return read.ok ? JSON.stringify(read.value, null, 2) : text;
}
