#include "http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static gssize
tls_result(HttpTransport *transport, int result)
{
    switch (SSL_get_error(transport->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return HTTP_WAIT_READ;
    case SSL_ERROR_WANT_WRITE:
        return HTTP_WAIT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return HTTP_GONE;
    }
}

gssize
http_transport_handshake(HttpTransport *transport)
{
    if (transport->ssl == NULL || SSL_is_init_finished(transport->ssl)) {
        return 0;
    }
    ERR_clear_error();
    int result = SSL_accept(transport->ssl);
    if (result == 1) {
        return 0;
    }
    gssize wait = tls_result(transport, result);
    return wait == 0 ? HTTP_GONE : wait;
}

gssize
http_transport_read(HttpTransport *transport, void *buffer, gsize size)
{
    if (transport->ssl != NULL) {
        ERR_clear_error();
        int result = SSL_read(transport->ssl, buffer, (int)MIN(size, G_MAXINT));
        return result > 0 ? result : tls_result(transport, result);
    }
    gssize count;
    do {
        count = recv(transport->fd, buffer, size, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? HTTP_WAIT_READ : HTTP_GONE;
    }
    return count;
}

/* The beginning of PIECES as one record, so that a small answer is one segment, or a piece alone
 * where it fills records by itself. What is chosen depends on the bytes that remain only: OpenSSL
 * wants to see the same ones after a wait. */
static gssize
write_tls(HttpTransport *transport, const struct iovec *pieces, int count)
{
    guint8 record[SSL3_RT_MAX_PLAIN_LENGTH];
    const void *data = pieces[0].iov_base;
    gsize size = pieces[0].iov_len;
    if (size < sizeof record && count > 1) {
        gsize filled = 0;
        for (int i = 0; i < count && filled < sizeof record; i++) {
            gsize take = MIN(pieces[i].iov_len, sizeof record - filled);
            if (take > 0) { /* an empty piece may have no address */
                memcpy(record + filled, pieces[i].iov_base, take);
                filled += take;
            }
        }
        data = record;
        size = filled;
    }
    if (size == 0) {
        return 0;
    }
    ERR_clear_error();
    int result = SSL_write(transport->ssl, data, (int)MIN(size, G_MAXINT));
    if (result > 0) {
        return result;
    }
    gssize wait = tls_result(transport, result);
    return wait == 0 ? HTTP_GONE : wait;
}

static gssize
failed_write(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? HTTP_WAIT_WRITE : HTTP_GONE;
}

gssize
http_transport_write(HttpTransport *transport, const struct iovec *pieces, int count)
{
    if (transport->ssl != NULL) {
        return write_tls(transport, pieces, count);
    }
    struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = (gsize)count };
    gssize sent;
    do {
        sent = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? failed_write() : sent;
}

gssize
http_transport_write_head(HttpTransport *transport, const void *data, gsize size)
{
    g_assert(transport->ssl == NULL);
    gssize sent;
    do {
        sent = send(transport->fd, data, size, MSG_NOSIGNAL | MSG_MORE);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? failed_write() : sent;
}

gssize
http_transport_send_file(HttpTransport *transport, int fd, gsize offset, gsize size)
{
    g_assert(transport->ssl == NULL);
    gssize sent;
    do {
        off_t from = (off_t)offset;
        sent = sendfile(transport->fd, fd, &from, size);
    } while (sent < 0 && errno == EINTR);
    g_assert(sent != 0); /* the file has SIZE bytes there */
    return sent < 0 ? failed_write() : sent;
}

void
http_transport_end(HttpTransport *transport)
{
    if (transport->ssl != NULL && SSL_is_init_finished(transport->ssl)) {
        ERR_clear_error();
        (void)SSL_shutdown(transport->ssl); /* the peer need not hear it */
    }
    (void)shutdown(transport->fd, SHUT_WR); /* the peer may be gone */
}

void
http_transport_close(HttpTransport *transport)
{
    if (transport->ssl != NULL) {
        if (SSL_is_init_finished(transport->ssl)) {
            ERR_clear_error();
            (void)SSL_shutdown(transport->ssl);
        }
        g_clear_pointer(&transport->ssl, SSL_free);
    }
    if (transport->fd >= 0) {
        close(transport->fd);
        transport->fd = -1;
    }
}
