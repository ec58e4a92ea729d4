/* Bytes over a socket that does not block, plain or TLS. One thread at a time. */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/uio.h>

typedef struct {
    int fd;
    SSL *ssl; /* NULL: plain */
} HttpTransport;

/* Results of the calls below that are no number of bytes: call again when the socket can be read,
 * or written; or never. */
enum { HTTP_WAIT_READ = -1, HTTP_WAIT_WRITE = -2, HTTP_GONE = -3 };

/* 0 when done. Plain ones are at once. */
gssize http_transport_handshake(HttpTransport *transport);

/* 0: the peer will send no more. */
gssize http_transport_read(HttpTransport *transport, void *buffer, gsize size);

/* Sends as much of the COUNT pieces as fits. After a WAIT the same bytes must come
 * again. */
gssize http_transport_write(HttpTransport *transport, const struct iovec *pieces, int count);

/* For plain ones. The first SIZE bytes of a body's head, after which the body comes at once: the
 * kernel keeps them for the packet that its first bytes are in. */
gssize http_transport_write_head(HttpTransport *transport, const void *data, gsize size);
/* For plain ones: sends what fits of SIZE bytes of the file FD from OFFSET on, without a copy.
 * Raises SIGPIPE where the peer is gone, which no flag of the call prevents. */
gssize http_transport_send_file(HttpTransport *transport, int fd, gsize offset, gsize size);

/* Says that nothing more will be sent. */
void http_transport_end(HttpTransport *transport);
void http_transport_close(HttpTransport *transport);
