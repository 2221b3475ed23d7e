// Errors in words.

import { ApiError } from '@/api/error';

type Translate = (key: string, named?: Record<string, unknown>) => string;
type Known = (key: string) => boolean;

/** In the user's language where the error is one of the usual ones, else as the server said it. */
export function errorText(error: unknown, t: Translate, te: Known): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  for (const key of [`error.${error.slug}`, `error.status_${error.status}`]) {
    if (!te(key)) continue;
    const words = t(key, { seconds: error.retryAfter });
    return error.field ? `${words} ${error.field}: ${error.message}` : words;
  }
  return t('error.other', { status: error.status, text: error.message });
}
