// What went wrong with a request, in the API's own terms.

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    /** The stable name of the error, for example `room_invalid`; `no_answer` without one. */
    readonly slug: string,
    message: string,
    /** In how many seconds it may be tried again; 0: that was not said. */
    readonly retryAfter = 0,
    /** The parameter or setting that is wrong, where the server names one. */
    readonly field = '',
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** This light-push does not have that endpoint, or has it switched off. */
  get absent(): boolean {
    return (this.status === 404 && this.slug === 'not_found') || this.slug === 'archive_off';
  }
}
