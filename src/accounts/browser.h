/* What a User-Agent header says in two words, so that nothing finer is ever stored. */
#pragma once

/* "Firefox on Linux", "Safari on iPhone", "curl", "an unknown browser". NULL is fine. */
char *browser_describe(const char *user_agent);
