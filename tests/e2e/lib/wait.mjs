// Waiting, always with an end: every helper fails with a sentence that says what did not happen.

export class TimeoutError extends Error {}

// The promise, or an error when it takes more than ms.
export async function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new TimeoutError(`no ${what} within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

// Calls fn until it returns something true, and returns that. For state that sends no event: Redis,
// a report, a process id. fn may throw: the last error is part of the message.
export async function until(what, fn, ms = 20_000) {
	const end = Date.now() + ms;
	let last;
	for (;;) {
		try {
			const value = await fn();
			if (value)
				return value;
			last = `last value: ${JSON.stringify(value)}`;
		} catch (error) {
			last = `last error: ${error.message}`;
		}
		if (Date.now() > end)
			throw new TimeoutError(`not within ${ms} ms: ${what} (${last})`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
