#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connector/io/conn.h"
#include "common/async/loop.h"
#include "connector/io/out_queue.h"
#include "connector/io/tls.h"

#define CLOSING_MS 3000
#define IOV_COUNT  256
/* What a connection on the work list takes, about: a write. */
#define WORK_US 8

static void work_add(struct conn *c)
{
	struct conn_set *s = c->set;

	if (c->on_work)
		return;
	c->on_work = true;
	s->work_count++;
	c->work_next = NULL;
	*s->work_end = c;
	s->work_end = &c->work_next;
}

static struct conn *work_take(struct conn_set *s)
{
	struct conn *c = s->work;

	if (!c)
		return NULL;
	s->work = c->work_next;
	if (!s->work)
		s->work_end = &s->work;
	s->work_count--;
	c->on_work = false;
	return c;
}

/* --- input --- */

static void input_run(struct conn *c, char *data, size_t len, size_t fresh)
{
	size_t used;

	c->reading = true;
	used = c->ops->input(c, data, len, fresh);
	c->reading = false;
	if (conn_is_over(c)) {
		lp_buf_clear(&c->in);
		return;
	}
	if (data == c->in.data)
		lp_buf_consume(&c->in, used);
	else if (used < len)
		lp_buf_add(&c->in, data + used, len - used);
	if (!c->in.len)
		lp_buf_clear(&c->in);
}

static void input_take(struct conn *c, char *data, size_t len)
{
	c->set->stats.bytes_in += len;
	if (c->finishing || c->loss)
		return; /* thrown away */
	if (c->in.len) {
		lp_buf_add(&c->in, data, len);
		data = c->in.data;
	}
	input_run(c, data, data == c->in.data ? c->in.len : len, len);
}

static void input_end(struct conn *c, enum conn_loss why)
{
	if (!c->finishing) {
		/* The event would come again and again; whoever is told decides what follows. */
		event_del(&c->read_event);
		c->eof = true;
		c->ops->lost(c, why);
	} else if (why == CONN_LOST_EOF && c->out) {
		event_del(&c->read_event);
		c->eof = true;
	} else {
		conn_close(c);
	}
}

static void write_wait(struct conn *c);

/* As recv(). */
static ssize_t read_tls(struct conn *c)
{
	ssize_t n = tls_read(c->tls, c->set->scratch, CONN_READ_SIZE);

	if (n >= 0)
		return n;
	if (n == TLS_WANT_WRITE) {
		c->read_on_write = true;
		write_wait(c);
	}
	c->set->stats.tls_failed += n == TLS_FAILED;
	errno = n == TLS_WANT_READ || n == TLS_WANT_WRITE ? EAGAIN : ECONNRESET;
	return -1;
}

static void read_some(struct conn *c)
{
	ssize_t n;

	/* Behind our end of TLS only the peer's end of the connection is waited for. */
	if (c->tls && !c->shut)
		n = read_tls(c);
	else
		n = recv(c->fd, c->set->scratch, CONN_READ_SIZE, 0);
	if (n > 0)
		input_take(c, c->set->scratch, (size_t)n);
	else if (n == 0)
		input_end(c, CONN_LOST_EOF);
	else if (errno != EAGAIN && errno != EINTR)
		input_end(c, CONN_LOST_ERROR);
}

/* An event was handled: one of perhaps thousands. */
static void share(struct conn_set *s)
{
	loop_share(s->loop, s->work_count * WORK_US);
}

static void read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	read_some(c);
	if (c->write_on_read) {
		c->write_on_read = false;
		work_add(c);
	}
	share(c->set);
}

/* --- output --- */

static void write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	event_free(c->write_event);
	c->write_event = NULL;
	if (c->read_on_write) {
		c->read_on_write = false;
		read_some(c);
	}
	work_add(c);
	share(c->set);
}

static void write_wait(struct conn *c)
{
	if (c->write_event)
		return;
	c->write_event = event_new(loop_base(c->set->loop), c->fd, EV_WRITE, write_cb, c);
	if (!c->write_event || event_priority_set(c->write_event, LOOP_PRIORITY_CROWD) ||
	    event_add(c->write_event, NULL))
		conn_lose(c, CONN_LOST_ERROR);
}

/*
 * As sendmsg(), but one record, into which small blocks are gathered: a call, a header and a cipher's
 * trailer for each would cost more than the copy.
 */
static ssize_t write_tls(struct conn *c, const struct iovec *iov, int count, size_t *asked)
{
	const char *data = iov[0].iov_base;
	size_t len = iov[0].iov_len;
	ssize_t n;

	if (len < TLS_RECORD && count > 1) {
		data = c->set->scratch;
		len = 0;
		for (int i = 0; i < count && len < TLS_RECORD; i++) {
			size_t part = iov[i].iov_len;

			if (part > TLS_RECORD - len)
				part = TLS_RECORD - len;
			memcpy(c->set->scratch + len, iov[i].iov_base, part);
			len += part;
		}
	}
	*asked = len < TLS_RECORD ? len : TLS_RECORD;
	n = tls_write(c->tls, data, *asked);
	if (n > 0)
		return n;
	c->write_on_read = n == TLS_WANT_READ;
	errno = n == TLS_WANT_READ || n == TLS_WANT_WRITE ? EAGAIN : ECONNRESET;
	return -1;
}

static ssize_t write_some(struct conn *c, size_t *asked)
{
	struct iovec iov[IOV_COUNT];
	struct msghdr msg = {.msg_iov = iov};
	int n = out_queue_iov(c->out, iov, IOV_COUNT, asked);

	if (c->tls)
		return write_tls(c, iov, n, asked);
	if (n == 1) /* the usual case, a little cheaper in the kernel */
		return send(c->fd, iov[0].iov_base, iov[0].iov_len, MSG_NOSIGNAL);
	msg.msg_iovlen = (size_t)n;
	return sendmsg(c->fd, &msg, MSG_NOSIGNAL);
}

/* Everything is written. */
static void output_done(struct conn *c)
{
	if (!c->finishing) {
		c->ops->drained(c);
		return;
	}
	if (c->tls && !c->shut)
		tls_end(c->tls);
	if (c->eof) {
		conn_close(c);
	} else if (!c->shut) {
		shutdown(c->fd, SHUT_WR);
		c->shut = true;
	}
}

static void output_run(struct conn *c)
{
	if (!c->out && !c->finishing)
		return;
	while (c->out && !c->write_event && !c->write_on_read) {
		size_t asked;
		ssize_t n = write_some(c, &asked);

		if (n >= 0) {
			c->set->stats.bytes_out += (size_t)n;
			out_queue_sent(&c->out, (size_t)n);
			if ((size_t)n < asked)
				write_wait(c);
		} else if (errno == EAGAIN) {
			if (!c->write_on_read)
				write_wait(c);
		} else if (errno != EINTR) {
			conn_lose(c, CONN_LOST_ERROR);
			return;
		}
	}
	if (!c->out)
		output_done(c);
}

/* --- the set --- */

void conn_set_init(struct conn_set *s, struct loop *loop, size_t queue_max)
{
	*s = (struct conn_set){.loop = loop, .queue_max = queue_max};
	deadline_queue_init(&s->closing, CLOSING_MS);
	LIST_INIT(&s->all);
	s->work_end = &s->work;
	s->scratch = lp_xmalloc(CONN_READ_SIZE);
}

void conn_set_clear(struct conn_set *s)
{
	struct conn *c;

	while ((c = LIST_FIRST(&s->all)))
		conn_close(c);
	conn_set_run(s);
	free(s->scratch);
	tls_context_free(s->tls);
}

static void loss_tell(struct conn *c)
{
	enum conn_loss why = c->loss;

	c->loss = CONN_LOST_NOT;
	if (why == CONN_LOST_SLOW)
		c->set->stats.slow++;
	if (c->finishing)
		conn_close(c);
	else
		c->ops->lost(c, why);
}

bool conn_set_run(struct conn_set *s)
{
	bool again = false;
	struct conn *c;

	while ((c = work_take(s))) {
		if (c->closed) {
			c->ops->destroy(c);
			continue;
		}
		if (c->resume && !c->loss) {
			c->resume = false;
			again = true;
			if (c->in.len && !c->finishing)
				input_run(c, c->in.data, c->in.len, c->in.len);
		}
		if (!c->closed && !c->loss)
			output_run(c);
		if (!c->closed && c->loss) {
			again = true;
			loss_tell(c);
		}
	}
	return again;
}

unsigned conn_set_tick(struct conn_set *s, uint64_t now, unsigned limit)
{
	struct deadline *d;

	while ((d = deadline_take(&s->closing, now)))
		conn_close((struct conn *)((char *)d - offsetof(struct conn, deadline)));
	return deadline_wait(&s->closing, now, limit);
}

/* --- one connection --- */

void conn_open(struct conn *c, struct conn_set *s, int fd, const struct conn_ops *ops)
{
	c->set = s;
	c->ops = ops;
	c->fd = fd;
	if (s->tls)
		c->tls = tls_new(s->tls, fd);
	LIST_INSERT_HEAD(&s->all, c, link);
	s->stats.open++;
	s->stats.opened++;
	event_assign(&c->read_event, loop_base(s->loop), fd, EV_READ | EV_PERSIST, read_cb, c);
	if (event_priority_set(&c->read_event, LOOP_PRIORITY_CROWD) ||
	    event_add(&c->read_event, NULL))
		conn_lose(c, CONN_LOST_ERROR);
}

void conn_send(struct conn *c, struct lp_blob *b, bool bounded)
{
	if (conn_is_over(c) || c->loss)
		return;
	if (bounded && c->out && out_queue_cost(c->out) + b->len > c->set->queue_max) {
		conn_lose(c, CONN_LOST_SLOW);
		return;
	}
	out_queue_push(&c->out, b);
	if (!c->write_event)
		work_add(c);
}

size_t conn_pending(const struct conn *c)
{
	return c->out ? c->out->bytes : 0;
}

void conn_resume(struct conn *c)
{
	if (c->reading || !c->in.len || conn_is_over(c))
		return;
	c->resume = true;
	work_add(c);
}

void conn_lose(struct conn *c, enum conn_loss why)
{
	if (c->closed || c->loss)
		return;
	c->loss = why;
	work_add(c);
}

void conn_finish(struct conn *c)
{
	if (conn_is_over(c))
		return;
	c->finishing = true;
	deadline_set(&c->deadline, &c->set->closing, loop_now(c->set->loop));
	if (c->eof && !c->out && !c->tls)
		conn_close(c);
	else if (!c->write_event)
		work_add(c);
}

void conn_close(struct conn *c)
{
	if (c->closed)
		return;
	c->closed = true;
	deadline_clear(&c->deadline);
	event_del(&c->read_event);
	if (c->write_event)
		event_free(c->write_event);
	c->write_event = NULL;
	tls_free(c->tls);
	close(c->fd);
	out_queue_free(&c->out);
	if (!c->reading) /* else the bytes being looked at may be these */
		lp_buf_clear(&c->in);
	LIST_REMOVE(c, link);
	c->set->stats.open--;
	work_add(c);
}
