/* The HTTP/1.1 server: a core of our own on epoll, strict about what it takes for a request.
 *
 *     server.h   routes, the application, listening, running, stopping
 *     request.h  what was asked
 *     reply.h    the answers, streams and server-sent events
 *
 * A request is routed when its headers are in. What could be read in two ways (two Content-Length,
 * Content-Length with Transfer-Encoding, two Hosts, no Host, bare line feeds, folded lines, control
 * characters, absolute form) is answered 400 and closed before that. Handlers run in worker threads
 * and may block, or, for routes marked on_loop, on a loop's thread and must not. Every handler
 * answers exactly once with one of the http_reply functions; its return type makes sure of that. */
#pragma once

#include "http/reply.h"
#include "http/request.h"
#include "http/server.h"
