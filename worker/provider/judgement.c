#include "config.h"

#include <string.h>

#include "common/lp_json.h"
#include "worker/provider/judgement.h"

#define RETRY_MAX_MS (60u * 60 * 1000)

void judgement_reason(struct judgement *j, struct lp_str reason, int status)
{
	size_t n = reason.n < REASON_MAX ? reason.n : REASON_MAX - 1;

	if (n < reason.n) {
		while (n && ((unsigned char)reason.p[n] & 0xc0) == 0x80)
			n--;
	}
	if (!n || !lp_utf8_valid(lp_str(reason.p, n))) {
		snprintf(j->reason, sizeof(j->reason), "status %d", status);
		return;
	}
	memcpy(j->reason, reason.p, n);
	j->reason[n] = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)j->reason[i];

		if (c < ' ' || c == 0x7f)
			j->reason[i] = ' ';
	}
}

void judgement_retry(struct judgement *j, uint64_t asked_ms, uint64_t ms)
{
	j->outcome = PROVIDER_RETRY;
	j->retry_ms = asked_ms ? asked_ms : ms;
	if (j->retry_ms > RETRY_MAX_MS)
		j->retry_ms = RETRY_MAX_MS;
}

static const struct judgement_rule *find(const struct judgement_rule *rules, size_t count,
					 int status, struct lp_str reason)
{
	for (size_t i = 0; i < count; i++) {
		if ((!rules[i].status || rules[i].status == status) &&
		    (!rules[i].reason || lp_str_eq(reason, lp_cstr(rules[i].reason))))
			return &rules[i];
	}
	return NULL;
}

void judgement_make(struct judgement *j, const struct judgement_rule *rules, size_t count,
		    int status, struct lp_str reason, uint64_t asked_ms, uint64_t busy_ms)
{
	const struct judgement_rule *rule = find(rules, count, status, reason);

	*j = (struct judgement){.outcome = PROVIDER_REFUSED};
	if (rule) {
		j->outcome = rule->outcome;
		j->pause = rule->also == RULE_PAUSE;
		j->pause_entry = rule->also == RULE_PAUSE_ENTRY;
		j->renew = rule->also == RULE_RENEW;
	}
	if (j->outcome == PROVIDER_RETRY)
		judgement_retry(j, asked_ms, rule->retry_ms);
	else if (!rule && status / 100 == 5)
		judgement_retry(j, asked_ms, busy_ms);
	if (j->outcome != PROVIDER_DELIVERED)
		judgement_reason(j, reason, status);
}
