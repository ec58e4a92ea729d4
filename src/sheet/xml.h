/* Walks through XML in a buffer, token by token, without copying and without a tree: enough of XML
 * 1.0 for the parts of a workbook. A document type declaration is refused, so there are no entities
 * but the five that every document has, and nothing to expand. Names are compared as they stand,
 * prefix and all. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

typedef struct {
    const char *data;
    gsize size;
} XmlSpan;

/* Nothing, but a place: it may be walked through. */
#define XML_NOTHING ((XmlSpan){ "", 0 })

typedef enum {
    XML_TEXT,
    XML_CDATA, /* BODY is what stands inside */
    XML_START,
    XML_EMPTY, /* <name/> */
    XML_END,
    XML_OTHER, /* a comment or a processing instruction */
} XmlKind;

typedef struct {
    XmlKind kind;
    XmlSpan whole;
    XmlSpan name; /* of START, EMPTY and END */
    XmlSpan body; /* attributes of START and EMPTY; the text of TEXT and CDATA, not yet decoded */
} XmlToken;

typedef enum {
    XML_FOUND,
    XML_MORE, /* the buffer ends before the token does */
    XML_BAD,  /* not XML, or a document type declaration */
} XmlResult;

/* The token that begins at AT. A text that reaches END counts as cut: more of it may follow. */
XmlResult xml_next(const char *at, const char *end, XmlToken *ret_token);

/* The value of attribute NAME, not yet decoded; false if it is not there. */
bool xml_attribute(XmlSpan attributes, const char *name, XmlSpan *ret_value);

/* Steps through the attributes: *AT moves on. False at the end, or where they are not well formed.
 */
bool xml_next_attribute(XmlSpan attributes, gsize *at, XmlSpan *ret_name, XmlSpan *ret_value);

/* Appends RAW with its references resolved. False, with nothing appended, for an unknown one. */
bool xml_decode(XmlSpan raw, GString *text);

/* The decoded value of attribute NAME, or NULL. */
char *xml_attribute_text(XmlSpan attributes, const char *name);

/* Appends TEXT fit for element content. */
void xml_append_escaped(GString *xml, const char *text);

static inline bool
xml_span_is(XmlSpan span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.data, text, span.size) == 0;
}

/* The name without its prefix. */
static inline XmlSpan
xml_local_name(XmlSpan name)
{
    const char *colon = memchr(name.data, ':', name.size);
    if (colon == NULL) {
        return name;
    }
    return (XmlSpan){ colon + 1, name.size - (gsize)(colon + 1 - name.data) };
}

/* The prefix that a part's elements have, with its colon: "" or "x:". */
typedef XmlSpan XmlPrefix;

static inline bool
xml_is_element(XmlSpan name, XmlPrefix prefix, const char *local)
{
    gsize local_size = strlen(local);
    return name.size == prefix.size + local_size &&
           memcmp(name.data, prefix.data, prefix.size) == 0 &&
           memcmp(name.data + prefix.size, local, local_size) == 0;
}

/* Where the element that token START opens ends: what is behind its end tag, or NULL when that does
 * not stand before END. An element of the same name inside it ends the search. */
const char *xml_find_end(const XmlToken *start, const char *end, XmlSpan *ret_inside);

/* A decimal number that fits 32 bits and is all of SPAN. */
bool xml_parse_number(XmlSpan span, guint32 *ret_number);
