// What has just been done, or could not be: a line at the top that goes by itself.

import { ElMessage } from 'element-plus';
import { useI18n } from 'vue-i18n';
import { errorText } from './error_text';

export function useNotice() {
  const { t, te } = useI18n();

  function done(text: string): void {
    ElMessage({ type: 'success', message: text, grouping: true, showClose: true });
  }

  function failed(error: unknown): void {
    const message = errorText(error, t, te);
    ElMessage({ type: 'error', message, duration: 6000, grouping: true, showClose: true });
  }

  /** Runs one action of the user; true when it went well. */
  async function attempt(action: () => Promise<unknown>, text?: string): Promise<boolean> {
    try {
      await action();
      if (text) done(text);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  return { done, failed, attempt };
}
