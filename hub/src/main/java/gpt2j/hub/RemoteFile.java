package gpt2j.hub;

import gpt2j.hub.cache.ContentHash;

/**
 * A file of the hub.
 *
 * @param size in bytes
 */
record RemoteFile(String name, ContentHash hash, long size) {}
