/*
 * Who the clients are and what they do, worked out from the options and the number of a client: the
 * same in every process, without telling each other.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/simulator/sim_options.h"
#include "tests/simulator/sim_pattern.h"

#define SIM_ROOMS_MAX 256         /* that one client joins */
#define SIM_ROOM_USER 0x80000000u /* set in the number of a user's own room */
#define SIM_LANE      0x80000000u /* set in the number of a sender that is a caller of the API */

enum sim_ack { SIM_ACK_ON, SIM_ACK_OFF, SIM_ACK_LATE };

/* One connector. */
struct sim_url {
	char *host;
	int port;
	bool tls;
};

struct sim_join {
	char *prefix;
	uint32_t total, pick;
	uint32_t first; /* number of its room 0 in a namespace */
};

struct sim_plan {
	const struct sim_options *options;
	uint32_t run; /* tells the pushes of this run from others */
	struct sim_url *urls;
	size_t url_count;
	char **sources; /* textual addresses */
	size_t source_count;
	struct sim_join *joins;
	size_t join_count;
	uint32_t rooms;        /* of one namespace */
	uint32_t client_rooms; /* that one client joins, without its user's */
	struct sim_mix engine, platform, ack, rest_to;
	char **namespaces;
	uint32_t namespace_count;
	uint32_t *namespace_of; /* of each client */
	uint32_t *user_of;      /* of each client; the number of a client of the same user */
};

/* LP_EINVAL and the reason appended when the options do not fit. options must outlive the plan. */
int sim_plan_make(struct sim_plan *plan, const struct sim_options *options, uint32_t run,
		  struct lp_buf *why) LP_MUSTCHECK;
void sim_plan_clear(struct sim_plan *plan);

struct sim_who {
	unsigned engine; /* 3 or 4 */
	const char *platform;
	enum sim_ack ack;
	const struct sim_url *url;
	const char *source; /* NULL: any */
	const char *namespace;
	bool pushes, slow;
};

struct sim_who sim_plan_who(const struct sim_plan *plan, uint32_t client);
/* The numbers of the rooms a client joins, plan->client_rooms of them. */
void sim_plan_rooms(const struct sim_plan *plan, uint32_t client, uint32_t *rooms);
/* The number of the room that all the devices of its user are in. */
uint32_t sim_plan_user_room(const struct sim_plan *plan, uint32_t client);
/* A room or user to push to through REST; random is any number. */
uint32_t sim_plan_target(const struct sim_plan *plan, uint64_t random);

/* Appends the name of a room. */
void sim_plan_room_name(const struct sim_plan *plan, uint32_t room, struct lp_buf *out);
const char *sim_plan_room_namespace(const struct sim_plan *plan, uint32_t room);

#endif
