/* Reads what S3 servers answer: small XML documents of elements and text. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define S3_XML_MAX_DEPTH 8

/* An element without elements in it. PATH: "ListBucketResult/Contents/Key"; TEXT has its references
 * (&amp;) resolved. Return false to stop. */
typedef bool (*S3XmlFunc)(const char *path, const char *text, gpointer data);

/* Calls FUNC for each, in order. Attributes, comments, instructions and namespace prefixes are
 * passed over; document types, CDATA and deep nesting are refused. INVALID for what is not such a
 * document, and when FUNC stops. What FUNC was told before stays told. */
bool s3_xml_walk(GBytes *document, S3XmlFunc func, gpointer data, GError **error);
