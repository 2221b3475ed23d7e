// Requests to the REST API in the name of one user.

import type { CursorPage } from './types';
import { ApiError } from './error';

const TIMEOUT_MS = 20_000;

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** The value of an Authorization header. Passwords may hold any text. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}

/** `?a=1&b=2`, or nothing; undefined and empty values are left out, arrays repeated. */
export function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') params.append(name, String(one));
    }
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

export class Http {
  constructor(
    /** In front of every path, for example `/api/admin`. */
    readonly base: string,
    private readonly authorization: string,
    /** Called when the password is not right any more. */
    private readonly onUnauthorized: () => void = () => {},
  ) {}

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send('GET', path + queryText(query));
  }

  /** A page of what the archive has, with how far the search has got. */
  async page<T>(path: string, query: Query): Promise<CursorPage<T>> {
    const response = await this.ask('GET', path + queryText(query));
    const searched = Number(response.headers.get('Searched-Back-To')) || undefined;
    return { ...(await this.read<CursorPage<T>>(response)), searched };
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.send('POST', path, body);
  }

  /** The answer as a stream, for what is saved to a file. */
  async download(path: string, query: Query = {}): Promise<Response> {
    const response = await this.fetch('GET', path + queryText(query), undefined, undefined);
    if (!response.ok) await this.fail(response);
    return response;
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.ask(method, path, body);
    return response.status === 204 ? (undefined as T) : this.read<T>(response);
  }

  private async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await this.fetch(method, path, body, AbortSignal.timeout(TIMEOUT_MS));
    if (!response.ok) await this.fail(response);
    return response;
  }

  private async read<T>(response: Response): Promise<T> {
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError(response.status, 'no_answer', 'the answer is not JSON');
    }
  }

  private async fetch(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const headers: Record<string, string> = { Authorization: this.authorization };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      return await fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        signal,
      });
    } catch (cause) {
      throw new ApiError(0, 'no_answer', String(cause));
    }
  }

  private async fail(response: Response): Promise<never> {
    let slug = `status_${response.status}`;
    let text = response.statusText;
    let field = '';
    try {
      const answer = (await response.json()) as { msg?: unknown; error?: unknown; field?: unknown };
      if (typeof answer.error === 'string') slug = answer.error;
      if (typeof answer.msg === 'string') text = answer.msg;
      if (typeof answer.field === 'string') field = answer.field;
    } catch {
      // An error of the web server: its status says enough.
    }
    if (response.status === 401) this.onUnauthorized();
    const after = Number(response.headers.get('Retry-After')) || 0;
    throw new ApiError(response.status, slug, text, after, field);
  }
}
