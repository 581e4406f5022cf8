/**
 * Requests to a hub: redirects, which host gets the token, timeouts, proxies, what goes wrong, and
 * when it is tried again. Knows nothing of models.
 */
@NullMarked
package gpt2j.hub.http;

import org.jspecify.annotations.NullMarked;
