// Prometheus' text format, as the programs write it.

// The samples: text such as 'light_push_acks_total{reason="x"}' -> number.
export function samples(text) {
	const found = new Map();
	for (const line of text.split("\n")) {
		if (line === "" || line.startsWith("#"))
			continue;
		const blank = line.lastIndexOf(" ");
		found.set(line.slice(0, blank), Number(line.slice(blank + 1)));
	}
	return found;
}

// Names of the metrics; of a histogram also those that end in _bucket, _sum and _count.
export function names(text) {
	return new Set([...samples(text).keys()].map((key) => key.split("{")[0]));
}
