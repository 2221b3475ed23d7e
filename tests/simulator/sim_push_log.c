#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/simulator/sim_push_log.h"

#define BUFFER (sizeof(((struct sim_push_writer *)0)->buffer) / sizeof(struct sim_push))

void sim_push_writer_add(struct sim_push_writer *writer, const struct sim_push *push)
{
	writer->buffer[writer->count++] = *push;
	if (writer->count == BUFFER)
		sim_push_writer_flush(writer);
}

void sim_push_writer_flush(struct sim_push_writer *writer)
{
	const char *p = (const char *)writer->buffer;
	size_t left = writer->count * sizeof(struct sim_push);

	while (left) {
		ssize_t n = write(writer->fd, p, left);

		if (n <= 0)
			abort();
		p += n;
		left -= (size_t)n;
	}
	writer->count = 0;
}

static int compare(const void *a, const void *b)
{
	const struct sim_push *x = a, *y = b;

	if (x->room != y->room)
		return x->room < y->room ? -1 : 1;
	if (x->sender != y->sender)
		return x->sender < y->sender ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int map(struct sim_push_log *log, int fd)
{
	struct stat st;
	void *at;

	*log = (struct sim_push_log){0};
	if (fstat(fd, &st) < 0)
		return LP_EIO;
	if (!st.st_size)
		return LP_OK;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return LP_EIO;
	log->pushes = at;
	log->count = (size_t)st.st_size / sizeof(struct sim_push);
	return LP_OK;
}

int sim_push_log_seal(const int *fds, size_t count, int to)
{
	struct sim_push_log one;
	off_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t size;

		if (map(&one, fds[i]) != LP_OK)
			return LP_EIO;
		size = one.count * sizeof(struct sim_push);
		if (size && pwrite(to, one.pushes, size, at) != (ssize_t)size)
			return LP_EIO;
		at += (off_t)size;
		sim_push_log_close(&one);
	}
	if (map(&one, to) != LP_OK)
		return LP_EIO;
	if (one.count)
		qsort(one.pushes, one.count, sizeof(*one.pushes), compare);
	sim_push_log_close(&one);
	return LP_OK;
}

int sim_push_log_open(struct sim_push_log *log, int fd)
{
	return map(log, fd);
}

void sim_push_log_close(struct sim_push_log *log)
{
	if (log->pushes)
		munmap(log->pushes, log->count * sizeof(struct sim_push));
	*log = (struct sim_push_log){0};
}

/* Index of the first push whose room is `room` or a later one. */
static size_t lower(const struct sim_push_log *log, uint64_t room)
{
	size_t from = 0, to = log->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (log->pushes[middle].room < room)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const struct sim_push *sim_push_log_room(const struct sim_push_log *log, uint32_t room,
					 size_t *count)
{
	size_t from = lower(log, room);

	*count = lower(log, (uint64_t)room + 1) - from;
	return *count ? log->pushes + from : NULL;
}
