// When an X.509 certificate in PEM ends. Reads only as much of the DER as is needed for that; who
// needs certainty asks the server, which checks certificates when they are saved.

interface Value {
  tag: number;
  start: number;
  end: number;
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** The value at an offset, within its surroundings. */
function valueAt(der: Uint8Array, at: number, limit: number): Value | null {
  const tag = der[at];
  let length = der[at + 1];
  if (tag === undefined || length === undefined) return null;
  let start = at + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 3) return null;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (der[start++] ?? 0);
  }
  return start + length <= limit ? { tag, start, end: start + length } : null;
}

function children(der: Uint8Array, parent: Value | null): Value[] {
  const found: Value[] = [];
  if (parent?.tag !== SEQUENCE) return found;
  for (let at = parent.start; at < parent.end;) {
    const value = valueAt(der, at, parent.end);
    if (!value) return [];
    found.push(value);
    at = value.end;
  }
  return found;
}

function timeOf(der: Uint8Array, value: Value | undefined): Date | null {
  if (value?.tag !== UTC_TIME && value?.tag !== GENERALIZED_TIME) return null;
  const text = String.fromCharCode(...der.slice(value.start, value.end));
  // RFC 5280: two digits below 50 are of this century.
  const full =
    value.tag === GENERALIZED_TIME ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  const part = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)?.slice(1).map(Number);
  if (!part) return null;
  const [year = 0, month = 1, day, hour, minute, second] = part;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

export function certificateExpiry(pem: string): Date | null {
  const block = /-----BEGIN CERTIFICATE-----([\w+/=\s]+)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (!block) return null;
  let der: Uint8Array;
  try {
    der = Uint8Array.from(atob(block.replace(/\s/g, '')), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
  const [body] = children(der, valueAt(der, 0, der.length));
  const fields = children(der, body ?? null);
  // version (optional), serial, signature, issuer, validity
  const validity = fields[fields[0]?.tag === VERSION ? 4 : 3];
  return timeOf(der, children(der, validity ?? null)[1]);
}
